"""Runs in threads: each gives what it gives alone, to the bit."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from micrograd_opt import Value, compile, data, evaluate, fit, nn, optim
from micrograd_opt.functional import cross_entropy, mse_loss


def run(seed, compiled=None, model=None):
    """All that a run of this seed leaves: parameters, gradients, the curve."""
    rng = random.Random(seed)
    model = nn.MLP(2, [6, 2]) if model is None else model
    for p in model.parameters():
        nn.init.uniform_(p, -0.7, 0.7, rng)
    moons = data.make_moons(40, noise=0.1, rng=rng)
    optimizer = optim.Adam(model.parameters(), lr=optim.schedules.linear_decay(0.1, 50))
    history = fit(
        model, cross_entropy, optimizer, moons, val=moons[:10], epochs=3, batch_size=8,
        clip_norm=1.0, seed=seed, progress=False, compile=compiled,
    )  # fmt: skip
    curve = [(row["loss"], row["val_loss"], row["accuracy"]) for row in history.rows]
    return model.state_dict(), [p.grad.tolist() for p in model.parameters()], curve


def at_once(functions):
    """Their results, each in a thread of its own, all begun at the same moment."""
    start = threading.Barrier(len(functions))

    def started(function):
        start.wait(10)
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(started, functions))


@pytest.mark.parametrize("compiled", [[False] * 2, [True] * 2, [False, True, None, True] * 2])
def test_runs_in_threads_give_what_they_give_one_after_the_other(compiled, switching):
    settings = [*enumerate(compiled)]
    alone = [run(*setting) for setting in settings]
    for _ in range(12):
        assert at_once([lambda s=s: run(*s) for s in settings]) == alone


def test_nets_of_values_too(switching):
    def train(seed):
        rng = random.Random(seed)
        net, points = nn.scalar.MLP(2, [4, 1], rng=rng), [(0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
        optimizer = optim.SGD(net.parameters(), lr=0.1)
        for _ in range(10):
            loss = sum(((net(list(point)) - point[0]) ** 2 for point in points), Value(0.0))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return [(p.data, p.grad, p.label) for p in net.parameters()]

    alone = [train(seed) for seed in range(4)]
    for _ in range(12):
        assert at_once([lambda s=s: train(s) for s in range(4)]) == alone


def test_dropout_by_the_common_generator_is_no_error_in_threads(switching):
    def train(seed):
        model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 2))
        return run(seed, True, model)[2][-1][0]

    for _ in range(6):
        assert all(loss < 2.0 for loss in at_once([lambda s=s: train(s) for s in range(4)]))


def test_a_compiled_step_of_its_own_in_each_thread(switching):
    def train(seed):
        rng = random.Random(seed)
        model = nn.MLP(2, [4, 1])
        for p in model.parameters():
            nn.init.uniform_(p, -0.5, 0.5, rng)
        x, y = data.make_xor().tensors
        y = y.reshape(4, 1)
        optimizer = optim.Adam(model.parameters(), lr=0.05)
        step = compile(lambda x, y: mse_loss(model(x), y), optimizer=optimizer)
        return [step(x, y).item() for _ in range(20)], model.state_dict()

    alone = [train(seed) for seed in range(3)]
    for _ in range(6):
        assert at_once([lambda s=s: train(s) for s in range(3)]) == alone


def test_threads_may_call_one_model_together(switching):
    model, moons = nn.MLP(2, [6, 2]), data.make_moons(30)
    alone = evaluate(model, cross_entropy, moons)
    for _ in range(6):
        model.layers.append(model.layers.pop())  # its parts are to be named anew
        model.extra = None
        assert at_once([lambda: evaluate(model, cross_entropy, moons)] * 4) == [alone] * 4
