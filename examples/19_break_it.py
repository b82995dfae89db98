"""Break it: twelve classic bugs of one line, each with the smallest case that shows it.

SLIDE     Tuning the optimization
WHAT      A bug in training rarely raises an error: the loss falls a little less, or the net is a
          little worse. Each function below has one line of bug, and returns the wrong number and
          the right one. Where the library refuses the bug, it returns the error instead.
FORMULA   none: every bug is a formula that was almost right
PREDICT   Cover the table. For each function: is the wrong number too large, too small, or of the
          wrong sign? Which three bugs does the library refuse?
NOTICE    No error tells of nine of the twelve. Gradients that are never set to zero are momentum
          with μ = 1: the loss in the figure swings for ever. What finds such bugs is a small case
          with a known answer, as here; `mo.gradcheck`, `mo.check.gradient` and `mo.check.optimizer`
          are such cases in stock.
EXERCISE  exercises/break_it.py: a training loop of ten lines with three bugs.

    python examples/19_break_it.py [FOLDER]    draws break_it.png (into runs/ else)
"""

import math
import random

import micrograd_opt as mo
from micrograd_opt.plot.figure import finished, line_style, new_axes
from page import save

F = mo.functional


def zero_grad_forgotten():
    """Gradients add up over the steps; of x² at 1 the second is 2 + 2."""
    x = mo.Value(1.0)
    for _ in range(2):  # a step would be: optimizer.zero_grad(), and then the two lines
        loss = x * x
        loss.backward()
    return x.grad, 2.0


def gradient_set_instead_of_added():
    """x is used twice in x·x, and each use sends x: the second overwrites the first."""
    x, g = 3.0, 0.0
    for sent in (x, x):
        g = sent  # g += sent
    return g, 2.0 * x


def order_ignored():
    """q = p + p; r = q + q. Sent on at each arrival, the first is counted twice."""

    def send(node, g, gradients):
        gradients[node] = gradients.get(node, 0.0) + g
        for parent in {"r": ["q", "q"], "q": ["p", "p"], "p": []}[node]:
            send(parent, gradients[node], gradients)  # g, or: wait until all of it has come
        return gradients

    return send("r", 1.0, {})["p"], 4.0


def no_bias_correction():
    """The first move of Adam, in units of α: m is still near 0, and so is v."""
    g, m, v = 5.0, 0.0, 0.0
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return m / math.sqrt(v), (m / (1 - 0.9)) / math.sqrt(v / (1 - 0.999))


def eps_inside_the_root():
    """The first move of Adam for a gradient of 10⁻⁵, in units of α."""
    g, eps = 1e-5, 1e-8
    return g / math.sqrt(g * g + eps), g / (math.sqrt(g * g) + eps)


def softmax_without_the_maximum():
    """exp(800) is infinite, and infinity by infinity is no number."""
    z = [800.0, 0.0]
    e = mo.Tensor(z).exp()
    return (e[0] / e.sum()).item(), F.softmax(mo.Tensor(z))[0].item()


def sum_for_a_mean():
    """Twice the batch, twice the step: the rate that was right is not any more."""
    w = mo.Tensor([1.0], requires_grad=True)
    x = mo.Tensor([[1.0]] * 20)
    (wrong,) = mo.grad(((x * w) ** 2).sum(), [w])
    (right,) = mo.grad(((x * w) ** 2).mean(), [w])
    return wrong.item(), right.item()


def dropout_left_on():
    """Without eval() a trained net answers otherwise each time; here its spread over 100 calls."""
    rng = random.Random(0)
    net = mo.nn.Sequential(mo.nn.Dropout(0.5, rng=rng), mo.nn.Linear(4, 1, rng=rng))
    x = mo.Tensor([[1.0, 2.0, 3.0, 4.0]])
    answers = [net(x).item() for _ in range(100)]
    net.eval()
    calm = [net(x).item() for _ in range(100)]
    return max(answers) - min(answers), max(calm) - min(calm)


def labels_shuffled_apart():
    """The slope Σxy/Σx² of y = 2x, where the labels have an order of their own."""
    x, y = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]

    def slope(labels):
        return sum(a * b for a, b in zip(x, labels, strict=True)) / sum(a * a for a in x)

    return slope(random.Random(1).sample(y, 3)), slope(y)


def data_edited_before_backward():
    """∂(w²)/∂w was to be at 3; w is 5 when backward comes."""
    w = mo.Value(3.0, label="w")
    loss = w * w
    w.data = 5.0
    try:
        loss.backward()
    except RuntimeError as error:
        return str(error), 6.0
    return w.grad, 6.0


def step_without_backward():
    """The optimizer has nothing to go by: the net never learns, and no error says so elsewhere."""
    w = mo.Tensor([1.0], requires_grad=True)
    optimizer = mo.optim.SGD([w], lr=0.1)
    (w * w).sum()  # .backward()
    try:
        optimizer.step()
    except RuntimeError as error:
        return str(error), 0.8
    return w.item(), 0.8


def labels_scaled_with_the_inputs():
    """Pixels and labels divided by 16: of class 1 comes 0.0625, which is no class."""
    logits = mo.Tensor([[0.0, 2.0]])
    right = F.cross_entropy(logits, [1]).item()
    try:
        return F.cross_entropy(logits, [1 / 16]).item(), right
    except ValueError as error:
        return str(error), right


BUGS = [zero_grad_forgotten, gradient_set_instead_of_added, order_ignored, no_bias_correction,
        eps_inside_the_root, softmax_without_the_maximum, sum_for_a_mean, dropout_left_on,
        labels_shuffled_apart, data_edited_before_backward, step_without_backward,
        labels_scaled_with_the_inputs]  # fmt: skip
print(f"{'bug':32} {'right':>6}  wrong")
for bug in BUGS:
    wrong, right = bug()
    refused = isinstance(wrong, str)
    shown = f"refused:\n    {wrong}" if refused else f"{wrong:.4g}"
    print(f"{bug.__name__.replace('_', ' '):32} {right:6.4g}  {shown}")


def curve(forget):
    """The losses of 40 steps of w ← w − α∇ on (w − 1)², with or without zero_grad."""
    w, losses = mo.Value(5.0), []
    optimizer = mo.optim.SGD([w], lr=0.05)
    for _ in range(40):
        loss = (w - 1.0) ** 2
        losses.append(loss.data)
        if not forget:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


(ax,) = new_axes(None)
for i, (name, forget) in enumerate({"right": False, "without zero_grad": True}.items()):
    ax.plot(curve(forget), label=name, markevery=5, **line_style(i))
ax.set(title="(w − 1)², descended", xlabel="step", ylabel="loss")
save(finished([ax], None), "break_it.png")
