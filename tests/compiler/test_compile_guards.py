"""Work skipped where a ReLU is shut: what stands in which block, and that no bit changes."""

import random
import re

import pytest

from micrograd_opt import Tensor, Value, nn, optim
from micrograd_opt.compiler import Compiled, compile


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


def test_terms_in_blocks_keep_the_bits_of_a_whole_step():
    def run(whole):
        weights = [Value(0.1 * (i + 1)) for i in range(8)]
        optimizer = optim.SGD(weights, lr=0.1, weight_decay=0.3)

        def loss(a, b):
            return sum(sum(w * x for w, x in zip(weights, c, strict=True)).relu() for c in (a, b))

        step = compile(loss, optimizer=optimizer if whole else None)
        for _ in range(3):
            found = step([0.1 * i for i in range(8)], [0.37 * i for i in range(8)])
            if not whole:
                optimizer.zero_grad()
                found.backward()
                optimizer.step()
        return [w.data for w in weights]

    assert run(whole=True) == run(whole=False)


def test_a_relu_alone_with_its_argument_takes_its_name_or_its_modules():
    tensors = nn.MLP(2, [1, 1], rng=random.Random(0))
    compiled = compile(lambda x: (tensors(x) ** 2).mean())
    compiled(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert "        if layers_0_0 <= 0.0:\n            layers_0_0 = 0.0\n" in compiled.source
    source, _ = run(net(8))
    assert "        if layers_0_neurons_3 <= 0.0:\n            layers_0_neurons_3 = 0.0\n" in source


def test_a_shut_relu_times_an_infinite_weight_is_zero_unlike_in_ieee():
    weights = [Value(float("inf")) for _ in range(8)]

    def loss(x):
        return sum(w * x.relu() for w in weights)

    assert loss(Value(-1.0)).data != loss(Value(-1.0)).data  # 0 * inf is NaN
    assert Compiled(loss)(Value(-1.0)).data == 0.0
    assert Compiled(loss)(Value(1.0)).data == float("inf")
