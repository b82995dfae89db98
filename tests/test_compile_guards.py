"""Work skipped where a ReLU is shut: what stands in which block, and that no bit changes."""

import random
import re

import pytest

from micrograd_opt import Value, nn
from micrograd_opt.compiler import Compiled


def net(*sizes):
    random.seed(0)
    return nn.scalar.MLP(2, [*sizes, 1])


def hinge(model):
    return lambda x, y: (1.0 - y * model(x)).relu()


def batch(n):
    rng = random.Random(1)
    points = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(n)]
    return points, [rng.choice([-1.0, 1.0]) for _ in points]


def run(model, off=()):
    """(the source, the loss and all gradients) of a batch."""
    compiled = Compiled(hinge(model), batched=True, off=off)
    model.zero_grad()
    loss = compiled(*batch(20))
    loss.backward()
    return compiled.source, [loss.data, *[p.grad for p in model.parameters()]]


def test_what_a_shut_relu_adds_to_a_layer_is_skipped_in_one_block():
    source, _ = run(net(8, 8))
    block = re.search(r"\n {8}if layers_0_neurons_3:\n((?: {12}.*\n)+)", source)[1]
    assert [re.sub(r"\D+", " ", line).split() for line in block.splitlines()] == [
        ["1", str(j), "1", str(j), "3", "0", "3"] for j in range(8)
    ]  # layers_1_neurons_j_add += layers_1_neurons_j_w_3 * layers_0_neurons_3


def test_a_layer_of_few_neurons_adds_all_terms_in_one_expression():
    source, _ = run(net(8, 7))
    assert "layers_1_neurons_0_add +=" not in source


def test_a_product_of_two_relus_gets_no_block_of_its_own():
    source, _ = run(net(8, 8))
    blocks = re.findall(r"^ *if \w+:$", source, re.MULTILINE)
    assert len(blocks) == 1 + 3 * 8  # the hinge; forward; backward of each of both layers


@pytest.mark.parametrize("sizes", [(8, 8), (8, 7), (3, 9, 8)])
def test_skipping_changes_no_bit(sizes):
    model = net(*sizes)
    assert run(model)[1] == run(model, off=("guards",))[1]


def test_a_shut_relu_times_an_infinite_weight_is_zero_unlike_in_ieee():
    weights = [Value(float("inf")) for _ in range(8)]

    def loss(x):
        return sum(w * x.relu() for w in weights)

    assert loss(Value(-1.0)).data != loss(Value(-1.0)).data  # 0 * inf is NaN
    assert Compiled(loss)(Value(-1.0)).data == 0.0
    assert Compiled(loss)(Value(1.0)).data == float("inf")
