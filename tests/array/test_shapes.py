"""Shapes and indices: each element lands where the definition says, and every wrong shape is named.

What follows from a shape alone is one code for Array and Tensor, so the errors are tested for both.
"""

import itertools
from math import nan, prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from array_models import FULL_SHAPES, SHAPES, counting, elements, places
from micrograd_opt import Tensor
from micrograd_opt.array import kernels, shapes
from micrograd_opt.array.array import Array

# ---- shapes: the same elements, elsewhere


@given(SHAPES, st.randoms())
def test_permute_moves_each_element_to_its_permuted_place(shape, random):
    dims = random.sample(range(len(shape)), len(shape))
    moved = counting(shape).permute(dims)
    assert moved.shape == tuple(shape[d] for d in dims)
    assert elements(moved) == {
        tuple(place[d] for d in dims): x for place, x in elements(counting(shape)).items()
    }
    back = [dims.index(d) for d in range(len(dims))]
    assert moved.permute(back) == counting(shape)


@given(SHAPES, st.data())
def test_transpose_swaps_two_dims(shape, data):
    assume(shape)
    d, e = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in range(2))
    order = list(range(len(shape)))
    order[d], order[e] = order[e], order[d]
    assert counting(shape).transpose(d, e) == counting(shape).permute(order)


def test_T_and_mT_of_a_stack_of_matrices():
    a, vector = counting((2, 3, 4)), counting((3,))
    assert a.permute(2, 1, 0) == a.T
    assert a.permute(0, 2, 1) == a.mT
    assert vector == vector.T


@given(SHAPES)
def test_reshape_keeps_the_elements_in_order(shape):
    a = counting(shape)
    for new in ((a.size,), (1, a.size), shape[::-1], (*shape, 1)):
        assert (a.reshape(new).shape, a.reshape(*new).flat) == (new, a.flat)
        assert a.view(new) == a.reshape(new)
    for d, n in enumerate(shape):
        if a.size:
            assert a.reshape(*shape[:d], -1, *shape[d + 1 :]).shape == shape
            assert n == a.reshape(*shape[:d], -1, *shape[d + 1 :]).shape[d]


def test_reshape_infers_a_size_even_of_nothing():
    assert Array.of([]).reshape(-1).shape == (0,)
    assert counting((0, 3)).reshape(-1, 3).shape == (0, 3)
    assert counting((2, 0)).reshape(0, 5).shape == (0, 5)
    assert Array.of([[7]]).reshape(()).shape == Array.of(7).reshape().shape == ()


@given(SHAPES, st.data())
def test_squeeze_undoes_unsqueeze(shape, data):
    d = data.draw(st.integers(-len(shape) - 1, len(shape)))
    wider = counting(shape).unsqueeze(d)
    place = d % (len(shape) + 1)
    assert wider.shape == (*shape[:place], 1, *shape[place:])
    assert wider.squeeze(place) == counting(shape)
    assert counting(shape).squeeze().shape == tuple(n for n in shape if n != 1)


def test_squeeze_leaves_dims_of_other_sizes():
    assert counting((1, 2, 1)).squeeze(1).shape == (1, 2, 1)
    assert counting((1, 2, 1)).squeeze((0, 1)).shape == (2, 1)
    assert counting((1, 2, 1)).squeeze(-1).shape == (1, 2)


def test_flatten_joins_dims():
    a = counting((2, 3, 4))
    assert a.flatten().shape == (24,)
    assert a.flatten(1).shape == (2, 12)
    assert a.flatten(0, 1).shape == a.flatten(0, -2).shape == (6, 4)
    assert a.flatten(1, 1).shape == (2, 3, 4)
    assert counting((2, 0, 3)).flatten(1).shape == (2, 0)
    assert Array.of(1).flatten().shape == (1,)


@given(SHAPES, st.data())
def test_expand_copies_along_stretched_and_new_dims(shape, data):
    stretched = tuple(data.draw(st.integers(0, 3)) if n == 1 else n for n in shape)
    target = (*data.draw(st.lists(st.integers(0, 2), max_size=2)), *stretched)
    source = elements(counting(shape))
    wide = counting(shape).expand(target)
    assert wide.shape == target
    for place, x in elements(wide).items():
        tail = place[len(target) - len(shape) :]
        assert x == source[tuple(0 if n == 1 else i for i, n in zip(tail, shape, strict=True))]
    back = wide.sum_to(shape)
    copies = prod(target[: len(target) - len(shape)]) * prod(
        m for n, m in zip(shape, stretched, strict=True) if n == 1
    )
    assert (back.shape, list(back.flat)) == (shape, [x * copies for x in counting(shape).flat])


@pytest.mark.parametrize("shape, target, dims", [
    ((), (), ()), ((), (2, 1), (0, 1)), ((3, 1), (3, 1), ()), ((3, 1), (3, 4), (1,)),
    ((3, 1), (2, 3, 4), (0, 2)), ((1, 1), (0, 1), (0,)), ((2,), (1, 2), (0,)),
])  # fmt: skip
def test_the_stretched_dims_are_the_new_ones_and_the_ones_that_grew(shape, target, dims):
    assert shapes.stretched(shape, target) == dims


def test_a_minus_one_in_expand_keeps_a_size():
    assert counting((3, 1)).expand(2, -1, 4).shape == (2, 3, 4)
    assert counting((3, 1)).expand(-1, -1) == counting((3, 1))


# ---- indices


def part():
    numbers = st.none() | st.integers(-4, 4)
    steps = st.none() | st.sampled_from([1, 2, 3, -1, -2, -3])
    return st.integers(-3, 2) | st.builds(slice, numbers, numbers, steps)


@st.composite
def keys(draw, shape):
    """A key that fits `shape`: ints and slices, None anywhere, one '...' at most."""
    left = draw(st.integers(0, len(shape)))
    right = draw(st.integers(left, len(shape)))
    key = [draw(part().filter(lambda k, n=n: fits(k, n))) for n in shape[:left] + shape[right:]]
    if right < len(shape) or draw(st.booleans()):
        key.insert(left, Ellipsis)
    for _ in range(draw(st.integers(0, 2))):
        key.insert(draw(st.integers(0, len(key))), None)
    return tuple(key)


def fits(k, n):
    return isinstance(k, slice) or -n <= k < n


def naive_index(place_of, shape, key):
    """The elements key by key, by the definition: (place -> element, shape)."""
    used = sum(k is not None and k is not Ellipsis for k in key)
    full = []
    for k in key:
        full += [slice(None)] * (len(shape) - used) if k is Ellipsis else [k]
    full += [slice(None)] * (len(shape) - sum(k is not None for k in full))
    sizes = iter(shape)
    choices = []  # for each key: (the places it picks, whether it leaves a dim)
    for k in full:
        if k is None:
            choices.append(([None], True))
        elif isinstance(k, slice):
            choices.append((list(range(next(sizes)))[k], True))
        else:
            choices.append(([range(next(sizes))[k]], False))
    result = {}
    for picks in itertools.product(*(range(len(picked)) for picked, _ in choices)):
        source = [picked[i] for i, (picked, _) in zip(picks, choices, strict=True)]
        kept = tuple(i for i, (_, stays) in zip(picks, choices, strict=True) if stays)
        result[kept] = place_of[tuple(i for i in source if i is not None)]
    return result, tuple(len(picked) for picked, stays in choices if stays)


@given(st.data())
def test_an_index_picks_what_its_definition_says(data):
    shape = data.draw(SHAPES)
    key = data.draw(keys(shape))
    a = counting(shape)
    found = a[key]
    expected, expected_shape = naive_index(elements(a), shape, key)
    assert found.shape == expected_shape
    assert elements(found) == expected


@given(st.data())
def test_pad_puts_a_slice_back_where_it_came_from(data):
    shape = data.draw(SHAPES)
    ranges, _ = shapes.index(data.draw(keys(shape)), shape)
    a = counting(shape)
    source, padded = elements(a), elements(a._slice(ranges).pad(ranges, shape))
    picked = set(itertools.product(*ranges))
    assert padded == {place: x if place in picked else 0.0 for place, x in source.items()}


@given(FULL_SHAPES, st.data())
def test_a_list_picks_rows(shape, data):
    assume(shape)
    n = shape[0]
    rows = data.draw(st.lists(st.integers(-n, n - 1), max_size=5))
    a = counting(shape)
    lists = a.tolist()
    assert a[rows].shape == (len(rows), *shape[1:])
    assert a[rows].tolist() == [lists[i] for i in rows]


def test_an_index_may_be_any_int():
    np = pytest.importorskip("numpy")
    a = counting((3, 2))
    assert a[np.int64(-1), np.uint8(1)].item() == 6.0
    assert a[[np.int64(2), 0]].tolist() == [[5.0, 6.0], [1.0, 2.0]]


@given(SHAPES, st.data())
def test_strided_reads_what_its_axes_say(shape, data):
    steps = shapes.strides(shape)
    axes = list(zip(shape, steps, strict=True))
    flat = counting(shape).flat
    order = data.draw(st.permutations(axes))
    expected = [
        flat[sum(i * step for i, (_, step) in zip(place, order, strict=True))]
        for place in places([n for n, _ in order])
    ]
    assert kernels.strided(flat, 0, order) == expected


# ---- every shape error: (call, error, message)

ERRORS = [
    (lambda t: t(2, 3) + t(2), ValueError,
     "shapes (2, 3) and (2,) do not broadcast: sizes [2, 3] in dim -1; each dim must match"),
    (lambda t: t(0) + t(2), ValueError, "(0,) and (2,) do not broadcast: sizes [0, 2]"),
    (lambda t: t(4, 3) @ t(2, 3), ValueError,
     "matmul: (4, 3) @ (2, 3): inner sizes 3 and 2 differ; transpose the second?"),
    (lambda t: t(4) @ t(3), ValueError, "matmul: (4,) @ (3,): inner sizes 4 and 3 differ"),
    (lambda t: t(2, 3) @ t(2), ValueError, "inner sizes 3 and 2 differ"),
    (lambda t: t(2, 3) @ t(1, 4), ValueError, "inner sizes 3 and 1 differ"),
    (lambda t: t(2, 1) @ t(3), ValueError, "inner sizes 1 and 3 differ"),
    (lambda t: t(2) @ t(), ValueError, "a 0-d operand has no rows; use * to scale"),
    (lambda t: t(2, 3, 4) @ t(3, 4, 5), ValueError,
     "matmul, batch dims: shapes (2,) and (3,) do not broadcast"),
    (lambda t: t(2, 3).reshape(4, 2), ValueError, "reshape: 6 elements do not fill (4, 2)"),
    (lambda t: t(2, 3).reshape(4, -1), ValueError, "6 elements do not fill (4, -1)"),
    (lambda t: t(6).reshape(-1, -1), ValueError, "more than one -1"),
    (lambda t: t(0).reshape(0, -1), ValueError, "the -1 of (0, -1)"),
    (lambda t: t(6).reshape(-2, -3), ValueError, "(-2, -3) has a negative size"),
    (lambda t: t(6).reshape(2.0, 3), TypeError, "sizes must be ints, got 2.0"),
    (lambda t: t(1).reshape(True), TypeError, "sizes must be ints, got True"),
    (lambda t: t(2, 3).permute(0, 0), ValueError, "permute: (0, 0) is not an order of the 2 dims"),
    (lambda t: t(2, 3).permute(0), ValueError, "(0,) is not an order of the 2 dims"),
    (lambda t: t(2, 3).permute(0, 2), IndexError, "permute: dim 2 out of range for 2 dims"),
    (lambda t: t(2, 3).transpose(0, 2), IndexError, "dim 2 out of range for 2 dims"),
    (lambda t: t(3).mT, IndexError, "dim -2 out of range for 1 dims"),
    (lambda t: t(2, 3).flatten(1, 0), ValueError, "start_dim 1 lies after end_dim 0"),
    (lambda t: t(2, 3).flatten(2), IndexError, "flatten: dim 2 out of range"),
    (lambda t: t(2, 1).squeeze(2), IndexError, "squeeze: dim 2 out of range for 2 dims"),
    (lambda t: t(2).unsqueeze(3), IndexError, "unsqueeze: dim 3 out of range for 2 dims"),
    (lambda t: t(2, 3).expand(2, 4), ValueError, "do not broadcast: sizes [3, 4] in dim -1"),
    (lambda t: t(3).expand(1), ValueError,
     "expand: (3,) cannot become (1,); only dims of size 1 stretch"),
    (lambda t: t(2, 3).expand(3), ValueError, "expand: (2, 3) cannot become (3,)"),
    (lambda t: t(3).expand(-1, 3), ValueError, "(3,) cannot become (-1, 3)"),
    (lambda t: t(1).expand(-2), ValueError, "(1,) cannot become (-2,)"),
    (lambda t: t(2, 3).sum(2), IndexError, "sum: dim 2 out of range for 2 dims"),
    (lambda t: t(2, 3).sum((0, -2)), ValueError, "sum: dim (0, -2) names a dimension twice"),
    (lambda t: t(2, 3).sum(1.0), TypeError, "sum: dim must be an int, got 1.0"),
    (lambda t: t(2, 3).sum(True), TypeError, "sum: dim must be an int, got True"),
    (lambda t: t(2, 3).mean(-3), IndexError, "mean: dim -3 out of range for 2 dims"),
    (lambda t: t(2, 3).var((0, 5)), IndexError, "var: dim 5 out of range for 2 dims"),
    (lambda t: t(2, 3).max(2), IndexError, "max: dim 2 out of range for 2 dims"),
    (lambda t: t(0).max(), ValueError, "max, min or argmax of nothing"),
    (lambda t: t(0).min(), ValueError, "max, min or argmax of nothing"),
    (lambda t: t(2, 0).max(1), ValueError, "max, min or argmax of nothing"),
    (lambda t: t(0).argmax(), ValueError, "max, min or argmax of nothing"),
    (lambda t: t(2).argmax(1), IndexError, "argmax: dim 1 out of range for 1 dims"),
    (lambda t: t(2, 3).gather(1, t(3, 1)), ValueError, "(3, 1) and (2, 3) differ beside dim 1"),
    (lambda t: t(2, 3).gather(1, t(2)), ValueError, "(2,) and (2, 3) differ beside"),
    (lambda t: t(3).gather(0, t(3)), ValueError, "gather: 3 at place 2 is not one of 0 … 2"),
    (lambda t: t(3).gather(0, -t(1)), ValueError, "-1 at place 0 is not one of"),
    (lambda t: t(3).gather(0, t(1) / 2), ValueError, "0.5 at place 0 is not one"),
    (lambda t: t(3).gather(0, t(1) * nan), ValueError, "nan at place 0 is not one of"),
    (lambda t: t(2, 3)[2], IndexError, "index: dim 0: 2 is out of range for size 2"),
    (lambda t: t(2, 3)[:, -4], IndexError, "dim 1: -4 is out of range for size 3"),
    (lambda t: t(2, 3)[..., 3], IndexError, "dim 1: 3 is out of range for size 3"),
    (lambda t: t(2, 3)[0, 0, 0], IndexError, "index: 3 indices for shape (2, 3)"),
    (lambda t: t()[0], IndexError, "index: 1 indices for shape ()"),
    (lambda t: t(2, 3)[..., ...], IndexError, "only one '...' is allowed"),
    (lambda t: t(2, 3)[1.0], TypeError,
     "dim 0: expected an int, a slice, '...' or None, got float"),
    (lambda t: t(2, 3)[True], TypeError, "got bool"),
    (lambda t: t(2, 3)[0, [1]], TypeError, "dim 1: expected an int"),
    (lambda t: t(2)[::0], ValueError, "step cannot be zero"),
    (lambda t: t(2, 3)[[0, 2]], IndexError, "index: row: 2 is out of range for size 2"),
    (lambda t: t(2, 3)[[True, False]], TypeError, "index: row: expected an int"),
    (lambda t: t()[[0]], IndexError, "a 0-d array has no rows"),
]  # fmt: skip


@pytest.mark.parametrize("kind", [Array.of, Tensor], ids=["Array", "Tensor"])
@pytest.mark.parametrize("call, error, message", ERRORS)
def test_a_wrong_shape_is_an_error_with_the_shapes_in_it(call, error, message, kind):
    with pytest.raises(error) as caught:
        call(lambda *shape: kind(counting(shape)))
    assert message in str(caught.value)
