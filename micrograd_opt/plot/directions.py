"""A plane through the parameters of a model: two directions, random, principal or one's own.

All parameters in a row are one point θ, a list of numbers: as long as the net is large.
Read next: `plot/surface.py`.
"""

import contextlib
import math
from itertools import groupby

from ..array.array import Array
from ..engine.arguments import NUMBER, Each, checked, generator
from ..engine.state import no_grad
from ..engine.tensor import Tensor
from ..engine.value import Value
from ..nn import Module


def numbers_of(model):
    """θ: the numbers of all parameters, in the order of `model.parameters()`."""
    parts = [[p.data] if isinstance(p, Value) else p.data.flat for p in model.parameters()]
    return [x for part in parts for x in part]


def put(model, theta):
    """Let the parameters hold the numbers θ."""
    start = 0
    for p in model.parameters():
        end = start + (1 if isinstance(p, Value) else p.size)
        p.data = theta[start] if isinstance(p, Value) else Array(theta[start:end], p.shape)
        start = end


@contextlib.contextmanager
def put_back(model):
    """Within it the parameters may change; afterwards they hold what they did, whatever happens."""
    before = [(p, p.data) for p in model.parameters()]
    try:
        yield
    finally:
        for p, data in before:
            p.data = data


def as_theta(model, point, what):
    """θ from a state_dict of the model, or from a list of all its numbers."""
    size = len(numbers_of(model))
    if isinstance(point, dict):
        own = dict(model.named_parameters())
        missing = [name for name in own if name not in point]
        if missing:
            raise ValueError(f"{what}: no {missing[0]} in it; a state_dict of this model has one")
        shapes = {name: () if isinstance(p, Value) else p.shape for name, p in own.items()}
        arrays = {name: Array.of(point[name]) for name in own}
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                raise ValueError(f"{what}: {name} of shape {array.shape}, not {shapes[name]}")
        point = [x for array in arrays.values() for x in array.flat]
    return checked(point, Each(NUMBER, size), what)


def filter_normalised(model, rng=None):
    """A random direction d whose part for each neuron is as long as the neuron's weights.

    Every number is drawn from a normal distribution; then for the weights w of each neuron
    d ← d · ‖w‖/‖d‖, and for biases d = 0. Without it a net would look flat or steep by the size of
    its weights alone: a ReLU net with one layer's weights times 10 and the next one's divided by 10
    computes the same, and for it a step of length 1 is another step. Li et al. 2018, section 4.

    A neuron's weights are a row of a matrix, or the list of Values that a scalar Neuron holds.

    >>> from micrograd_opt import nn
    >>> line = nn.Linear(2, 1)
    >>> line.weight.data, line.bias.data = Array([3.0, 4.0], (1, 2)), Array([7.0], (1,))
    >>> *d, bias = filter_normalised(line)
    >>> round(math.hypot(*d), 12), bias
    (5.0, 0.0)
    """
    draw = generator(rng).gauss
    direction = []
    for weights, is_neuron in _neurons(model):
        d = [draw(0.0, 1.0) for _ in weights] if is_neuron else [0.0] * len(weights)
        scale = math.hypot(*weights) / math.hypot(*d) if is_neuron else 0.0
        direction += [scale * x for x in d]
    return direction


def _neurons(model):
    """(numbers, whether they are a neuron's weights), in the order of the parameters."""
    for (_, is_neuron), parts in groupby(_parts(model), key=lambda part: part[:2]):
        yield [x for *_, numbers in parts for x in numbers], is_neuron


def _parts(model):
    """(name, whether it is of a neuron's weights, numbers); parts of one name are one neuron."""
    for path, p in model.named_parameters():
        if isinstance(p, Value):  # layers.0.neurons.3.w.5 is of the neuron layers.0.neurons.3.w
            owner, _, place = path.rpartition(".")
            is_listed = place.isdecimal()
            yield owner if is_listed else path, is_listed, [p.data]
        elif p.ndim < 2:
            yield path, False, p.data.flat
        else:
            for i, row in enumerate(p.data.reshape(p.shape[0], -1).tolist()):
                yield f"{path}[{i}]", True, row


def principal_axes(points):
    """The two directions along which the points spread most, of length 1, and the share of each.

    points: a list of T lists of P numbers. With the mean taken off, X of shape (T, P), they are the
    eigenvectors of XᵀX with the largest eigenvalues. That matrix is P × P, but XXᵀ, T × T, has the
    same eigenvalues: if XXᵀu = λu, then Xᵀu is an eigenvector of XᵀX, of length √λ. The share is
    λ/Σλ, the part of the variance that the axis explains. ValueError for points on one line.

    >>> axes, shares = principal_axes([[3.0, 0.0, 1.0], [-3.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    >>> [[round(abs(x), 6) for x in axis] for axis in axes], [round(share, 4) for share in shares]
    ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.9643, 0.0357])
    """
    with no_grad():
        x = Tensor(points)
        x = x - x.mean(0, keepdim=True)
        gram = x @ x.T
        total = sum(gram[i, i].item() for i in range(len(points)))
        axes, shares = [], []
        for _ in range(2):
            u, eigenvalue = _largest_eigenvector(gram)
            if not eigenvalue > 1e-12 * total:
                raise ValueError(
                    f"path: its {len(points)} points lie on one line, so there is no second axis; "
                    "give more points, or directions"
                )
            axis = u @ x
            for other in axes:  # at right angles but for rounding: now to the last digit
                axis = axis - (axis @ Tensor(other)) * Tensor(other)
            axes.append((axis / math.hypot(*axis.tolist())).tolist())
            shares.append(eigenvalue / total)
            gram = gram - eigenvalue * u.unsqueeze(1) * u.unsqueeze(0)  # takes this one out
    return axes, shares


def _largest_eigenvector(gram, most=2000):
    """(u, λ) of a symmetric matrix by power iteration: u ← Gu/‖Gu‖ turns towards the largest λ."""
    size = gram.shape[0]
    u = Tensor([1.0 + i / size for i in range(size)])  # any start that leans some way
    for _ in range(most):
        v = gram @ u
        length = math.hypot(*v.tolist())
        if length == 0.0:
            break
        before, u = u, v / length
        if math.dist(before.tolist(), u.tolist()) < 1e-15:
            break
    return u, length


def dot(a, b):
    """Σ aᵢbᵢ"""
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def check_module(model, what):
    """TypeError for what has no parameters to move."""
    if not isinstance(model, Module) or not model.parameters():
        raise TypeError(f"{what}: expected an nn.Module with parameters, got {model!r:.60}")
