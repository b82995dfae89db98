"""fit: it learns, its rows are right, it stops when it should, and a bad call changes nothing.

What a run must do to go on after a stop is in `test_checkpoint.py`.
"""

import io
import math
import os
import random
import signal
import sys
import threading

import pytest

import micrograd_opt as mo
from micrograd_opt import data, functional, nn, optim
from micrograd_opt.engine.state import is_grad_enabled
from micrograd_opt.files.checkpoint import load_checkpoint
from micrograd_opt.training.evaluate import evaluate
from micrograd_opt.training.fit import fit

cross_entropy = functional.cross_entropy


def moons(n, seed=0):
    return data.make_moons(n, noise=0.1, rng=random.Random(seed))


def classifier(seed=0):
    return nn.MLP(2, [8, 2], rng=random.Random(seed))


def quick(model=None, optimizer=None, train=None, **options):
    """A fit of a small net to 20 moons, in batches of 8: 8, 8 and 4."""
    model = model or classifier()
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.1)
    options = {"epochs": 2, "batch_size": 8, "progress": False} | options
    return fit(model, cross_entropy, optimizer, train or moons(20), **options)


def timeless(history):
    """The rows but for the time they took."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows]


# ---- learning


def test_it_learns_two_moons():
    model = nn.MLP(2, [16, 2], rng=random.Random(0))
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    history = fit(model, cross_entropy, optimizer, moons(200), val=moons(100, seed=1), epochs=25,
                  progress=False)  # fmt: skip
    assert history["val_accuracy"][-1] >= 0.97
    assert history["loss"][-1] < 0.2 * history["loss"][0]


def test_it_learns_digits_it_has_not_seen():
    train, val, _ = data.random_split(data.load_digits(), [300, 100, 1397], rng=random.Random(0))
    model = nn.MLP(64, [24, 10], rng=random.Random(0))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    history = fit(model, cross_entropy, optimizer, train, val=val, epochs=8, progress=False)
    assert history["val_accuracy"][-1] >= 0.85


def test_the_model_may_be_a_function_and_the_parameters_values():
    w, b = mo.Value(0.0), mo.Value(0.0)
    x = [[0.0], [1.0], [2.0], [3.0]]

    def line(x):
        return [w * row[0] + b for row in x.tolist()]

    history = fit(line, functional.mse_loss, optim.SGD([w, b], lr=0.1), (x, [1.0, 3.0, 5.0, 7.0]),
                  val=(x, [1.0, 3.0, 5.0, 7.0]), epochs=200, progress=False)  # fmt: skip
    assert (w.data, b.data) == pytest.approx((2.0, 1.0), abs=1e-3)
    assert history["accuracy"] == history["val_accuracy"] == [None] * 200


# ---- rows


def hits(output, y):
    """In how many rows the label has the largest output."""
    rows = zip(output.tolist(), y.tolist(), strict=True)
    return sum(row.index(max(row)) == label for row, label in rows)


def by_hand(train, val, epochs, schedule, clip_norm=math.inf):
    """What `fit` should see, from a plain loop: (rows, step losses, model)."""
    model, rows, step_losses = classifier(), [], []
    for epoch in range(1, epochs + 1):
        losses, correct, norms = [], 0, []
        for x, y in data.DataLoader(train, batch_size=4):
            output = model(x)
            loss = cross_entropy(output, y)
            model.zero_grad()
            loss.backward()
            correct += hits(output, y)
            flat = [g for p in model.parameters() for g in p.grad.flat]
            norm = math.sqrt(math.fsum(g * g for g in flat))
            lr, scale = schedule(len(step_losses)), min(1.0, clip_norm / (norm + 1e-6))
            for p in model.parameters():
                p.data = p.data - p.grad * scale * lr
            losses += [loss.item()] * len(y)
            norms.append(norm)
            step_losses.append(loss.item())
        x, y = val.tensors
        rows.append({
            "epoch": epoch, "step": len(step_losses),
            "loss": math.fsum(losses) / len(train), "accuracy": correct / len(train),
            "val_loss": cross_entropy(model(x), y).item(),
            "val_accuracy": hits(model(x), y) / len(val),
            "lr": lr, "grad_norm": math.fsum(norms) / len(norms),
        })  # fmt: skip
    return rows, step_losses, model


@pytest.mark.parametrize("clip_norm", [None, 0.05])
def test_rows_and_step_losses_are_those_of_a_plain_loop(clip_norm):
    train, val, schedule = moons(10), moons(7, seed=1), optim.schedules.linear_decay(0.5, 9)
    rows, step_losses, expected = by_hand(train, val, 3, schedule, clip_norm or math.inf)
    model = classifier()
    loader = data.DataLoader(train, batch_size=4)  # 4, 4 and 2: the means must be weighted
    optimizer = optim.SGD(model.parameters(), lr=schedule)
    history = quick(model, optimizer, loader, val=val, epochs=3, clip_norm=clip_norm)
    for found, row in zip(timeless(history), rows, strict=True):
        assert found == pytest.approx(row, rel=1e-12)
    assert history.step_losses == pytest.approx(step_losses, rel=1e-12)
    for p, q in zip(model.parameters(), expected.parameters(), strict=True):
        assert p.data.flat == pytest.approx(q.data.flat, rel=1e-12)
    assert history["lr"] == [schedule(2), schedule(5), schedule(8)]
    assert history.stopped == "epochs"


def test_the_optimizer_sees_clipped_gradients_and_the_history_the_norm_before(monkeypatch):
    seen = []

    class Spy(optim.SGD):
        def step(self, closure):
            def spied():
                loss = closure()
                flat = [g for p in self.param_groups[0]["params"] for g in p.grad.flat]
                seen.append(math.sqrt(math.fsum(g * g for g in flat)))
                return loss

            super().step(spied)

    model = classifier()
    history = quick(model, Spy(model.parameters(), lr=0.1), epochs=1, clip_norm=1e-3)
    assert seen == pytest.approx([1e-3] * 3, rel=1e-2)
    assert max(seen) <= 1e-3 < history["grad_norm"][0]


def test_the_seconds_grow_and_accuracy_is_none_where_there_are_no_classes():
    model = nn.Linear(2, 1)
    x, y = moons(20).tensors
    history = fit(model, functional.mse_loss, optim.SGD(model.parameters()), (x, y.unsqueeze(1)),
                  epochs=3, progress=False)  # fmt: skip
    assert history["accuracy"] == [None] * 3
    assert 0.0 <= history["seconds"][0] <= history["seconds"][1] <= history["seconds"][2]


# ---- modes


class Watched(nn.Module):
    """A classifier that notes at each call how long the batch is, and in which mode it runs."""

    def __init__(self):
        self.inner, self.dropout, self.calls = classifier(), nn.Dropout(0.5), []

    def forward(self, x):
        self.calls.append((len(x), self.training, self.dropout.training, is_grad_enabled()))
        return self.inner(self.dropout(x))


def test_validation_runs_in_eval_mode_without_a_graph():
    model = Watched()
    quick(model, val=moons(5), epochs=1)
    first, *calls = model.calls
    assert first == (1, False, False, False)  # one validation row, tried before anything else
    trained = [(n, True, True, True) for n in (8, 8, 4)]
    assert calls == [*trained, (5, False, False, False)]
    assert is_grad_enabled()


def test_each_module_ends_in_the_mode_it_came_in():
    model = Watched()
    model.eval()
    quick(model, val=moons(5))
    assert not model.training and not model.dropout.training
    model.train()
    model.dropout.eval()
    evaluate(model, cross_entropy, moons(5))
    assert model.training and not model.dropout.training
    with pytest.raises(ValueError, match="Linear: input"):
        evaluate(model, cross_entropy, ([[1.0, 2.0, 3.0]], [0]))
    assert model.training and not model.dropout.training


# ---- the data


def test_a_pair_a_dataset_and_a_loader_train_alike():
    dataset = moons(20)
    shuffled = data.DataLoader(dataset, 8, shuffle=True, rng=random.Random(0))
    runs = [quick(train=train) for train in (dataset, dataset.tensors, shuffled)]
    assert timeless(runs[0]) == timeless(runs[1]) == timeless(runs[2])


def test_the_seed_repeats_a_run_to_the_bit():
    assert quick(seed=3).step_losses == quick(seed=3).step_losses
    assert quick(seed=3).step_losses != quick(seed=4).step_losses


# ---- when it stops


@pytest.mark.parametrize(
    ("epochs", "max_steps", "rows", "steps", "stopped"),
    [
        (2, None, 2, 6, "epochs"),
        (None, 4, 2, 4, "max_steps"),  # in the middle of the second epoch
        (None, 6, 2, 6, "max_steps"),  # at its end
        (1, 4, 1, 3, "epochs"),
        (3, 4, 2, 4, "max_steps"),
        (2, 6, 2, 6, "max_steps"),
        (None, 1, 1, 1, "max_steps"),
    ],
)
def test_it_stops_at_whichever_limit_comes_first(epochs, max_steps, rows, steps, stopped):
    history = quick(epochs=epochs, max_steps=max_steps, val=moons(4))
    assert (len(history), len(history.step_losses)) == (rows, steps)
    assert history.stopped == stopped
    assert history["step"][-1] == steps
    assert None not in history["val_loss"]
    sizes = ([8, 8, 4] * 2)[3 * (rows - 1) : steps]
    losses = history.step_losses[3 * (rows - 1) :]
    mean = sum(n * loss for n, loss in zip(sizes, losses, strict=True)) / sum(sizes)
    assert history["loss"][-1] == pytest.approx(mean)


def test_callbacks_see_the_history_after_each_epoch():
    seen = []
    history = quick(max_steps=6, callbacks=[lambda history: seen.append(len(history))])
    assert seen == [1, 2]  # also after the epoch that max_steps completes
    assert history.stopped == "max_steps"


def test_a_callback_that_answers_true_stops_and_all_of_them_are_called():
    seen = []
    callbacks = (lambda history: len(history) == 2, lambda history: seen.append(len(history)))
    history = quick(epochs=9, callbacks=callbacks)
    assert seen == [1, 2] and history.stopped == "callback" and len(history) == 2


class Walker(nn.Module):
    """One weight that each epoch of one step moves by 1, so that it is the epoch's number."""

    def __init__(self):
        self.w = nn.Parameter([0.0])

    def forward(self, x):
        return x * self.w


def walk(model, val, optimizer=None, **options):
    optimizer = optimizer or optim.SGD(model.parameters(), lr=1.0)
    options = {"epochs": 9, "progress": False} | options
    return fit(model, functional.l1_loss, optimizer, ([1.0], [100.0]), val=val, **options)


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_early_stopping_waits_for_its_patience_and_puts_the_best_back(patience):
    model = Walker()
    history = walk(model, ([1.0], [3.0]), early_stopping=patience)  # best where w is 3
    assert history["val_loss"] == [2.0, 1.0, 0.0, 1.0, 2.0, 3.0][: 3 + patience]
    assert history.stopped == "early stopping"
    assert model.w.tolist() == [3.0]


def test_a_loss_that_stays_the_same_is_no_lower_one():
    model = Walker()
    history = walk(model, ([0.0], [1.0]), early_stopping=2)
    assert len(history) == 3 and model.w.tolist() == [1.0]


def test_without_an_early_stop_the_last_parameters_stay():
    model = Walker()
    history = walk(model, ([1.0], [3.0]), epochs=4, early_stopping=2)
    assert history.stopped == "epochs" and model.w.tolist() == [4.0]


def test_a_validation_loss_of_nan_is_never_the_best():
    model = Walker()
    history = walk(model, ([1.0], [math.nan]), early_stopping=2)
    assert history.stopped == "early stopping"
    assert len(history) == 2 and model.w.tolist() == [2.0]


@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_stops_before_the_update(poison, tmp_path):
    model, path = classifier(), tmp_path / "c.json"
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    before = []

    def loss_fn(output, y):
        before.append((model.state_dict(), optimizer.state_dict()))
        return cross_entropy(output, y) + (poison if len(before) == 5 else 0.0)

    history = fit(model, loss_fn, optimizer, moons(20), epochs=9, batch_size=8, progress=False,
                  checkpoint=path)  # fmt: skip
    assert history.stopped == "diverged"
    assert (model.state_dict(), optimizer.state_dict()) == before[-1]
    assert len(history.step_losses) == 5 and not math.isfinite(history.step_losses[-1])
    assert len(history) == 2 and math.isfinite(history["loss"][-1])  # a row of the step before
    assert len(load_checkpoint(path)["history"]["step_losses"]) == 3  # of the epoch before


def scaled(factors):
    """A loss that is l1_loss times the next of `factors`, the last one again and again."""
    factors = list(factors)

    def loss_fn(output, y):
        factor = factors.pop(0) if len(factors) > 1 else factors[0]
        return functional.l1_loss(output, y) * factor

    return loss_fn


@pytest.mark.parametrize(
    ("factors", "stopped"),
    [
        ([1.0], "epochs"),
        ([1.0, 5000.0], "diverged"),
        ([1.0, 900.0], "epochs"),  # it grew, and may be of use
        ([1.0] * 6 + [1e200, 1.0, 1.0], "epochs"),  # a spike in the last epoch
        ([1.0] * 3 + [1e200] * 3 + [1.0], "epochs"),  # an epoch of them, from which it came back
        ([1e-9, 500.0], "epochs"),  # it began with next to no loss
        ([5000.0], "epochs"),  # a large unit
        ([-1.0, 5000.0], "diverged"),
        ([1.0] + [9000.0, 9000.0, 0.0] * 9, "diverged"),  # some batches are all right by luck
        ([1.0, -5000.0], "epochs"),
    ],
)
@pytest.mark.parametrize("limits", [{"epochs": 3}, {"epochs": 9, "max_steps": 9}, {"max_steps": 8}])
def test_a_run_that_ends_with_a_loss_beyond_any_use_has_diverged(factors, stopped, limits):
    model = Walker()
    train = ([1.0] * 3, [2.0] * 3)  # three batches an epoch, each of the loss 2 at first
    history = fit(model, scaled(factors), optim.SGD([model.w], lr=1e-290), train, batch_size=1,
                  progress=False, **limits)  # fmt: skip
    if stopped == "epochs" and "max_steps" in limits:
        stopped = "max_steps"
    assert history.stopped == stopped


def test_a_diverged_run_that_is_resumed_says_so_again_and_may_come_back(tmp_path):
    def run(factors, **options):
        model = Walker()
        return fit(model, scaled(factors), optim.SGD([model.w], lr=1e-290), ([1.0], [2.0]),
                   checkpoint=tmp_path / "c.json", progress=False, **options)  # fmt: skip

    assert run([1.0, 1e9], epochs=5).stopped == "diverged"
    assert run([1.0], epochs=5, resume=True).stopped == "diverged"
    assert run([1.0], epochs=6, resume=True).stopped == "epochs"


def test_a_run_that_diverges_at_once_has_no_row():
    history = walk(Walker(), None, optimizer=None, epochs=1)
    assert len(history) == 1
    model = Walker()
    model.w.data = [math.inf]
    history = walk(model, None)
    assert history.stopped == "diverged" and history.rows == []
    assert history.best() is None and "diverged" in history.summary()


def test_an_infinite_gradient_of_a_finite_loss_is_an_error_that_names_the_parameter():
    model = Walker()
    optimizer = optim.SGD(model.parameters())
    with pytest.raises(RuntimeError, match="gradient of w"):
        fit(model, lambda output, y: output.sqrt().sum(), optimizer, ([1.0], [0.0]), epochs=1,
            progress=False)  # fmt: skip
    assert model.w.tolist() == [0.0] and optimizer.steps == 0


# ---- bad arguments

TWO = ([[0.0, 0.0], [1.0, 1.0]], [0, 1])


def function_model(x):
    return x


def each_loss(output, y):
    """A loss for each row, also where there is one row only."""
    return cross_entropy(output, y, reduction="none")


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"epochs": None}, ValueError, "give epochs or max_steps"),
        *[({"epochs": n}, ValueError, "epochs must be in") for n in (0, -1, 2.5, math.nan)],
        *[({"epochs": n}, TypeError, "epochs must be a number") for n in (True, "3")],
        *[({"max_steps": n}, ValueError, "max_steps must be in") for n in (0, 1.5)],
        ({"val": TWO, "early_stopping": 0}, ValueError, "early_stopping must be in"),
        ({"early_stopping": 2}, ValueError, "give val"),
        *[
            ({"clip_norm": x}, ValueError, "clip_norm must be in")
            for x in (0.0, -1.0, math.nan, math.inf)
        ],
        *[({"clip_norm": x}, TypeError, "clip_norm must be a number") for x in ("1", True)],
        ({"batch_size": 0}, ValueError, "batch_size must be in .1, 2, …."),
        ({"batch_size": 2.5}, ValueError, "batch_size must be in"),
        ({"resume": True}, ValueError, "resume needs the checkpoint"),
        ({"checkpoint": "no/such/folder/c.json"}, FileNotFoundError, "no folder"),
        ({"checkpoint": "."}, IsADirectoryError, "is a folder"),
        ({"checkpoint": "c.json", "resume": True}, FileNotFoundError, "c.json: no checkpoint"),
        ({"train": None}, TypeError, "train: expected a TensorDataset or"),
        ({"train": data.TensorDataset([[1.0, 2.0]])}, ValueError, "train: .*of 1 tensors"),
        (
            {"train": data.DataLoader(data.TensorDataset([1.0], [2.0], [3.0]))},
            ValueError,
            "train: .*of 3 tensors",
        ),
        ({"train": ([[0.0, 0.0]], [0, 1])}, ValueError, "same first size"),
        ({"train": ([], [])}, ValueError, "at least 1"),
        ({"train": ([[1.0]], [0])}, ValueError, "has 1 features, the layer takes 2"),
        ({"train": ([[1.0, 1.0]], [2])}, ValueError, "label 2 at place 0 is not one of 0 … 1"),
        ({"train": ([[1.0, 1.0]], [[0]])}, ValueError, "target"),
        ({"val": 3}, TypeError, "val: expected a TensorDataset or"),
        ({"val": data.TensorDataset([1.0])}, ValueError, "val: .*of 1 tensors"),
        ({"val": ([[1.0]], [0])}, ValueError, "has 1 features, the layer takes 2"),
        ({"val": ([[1.0, 1.0]], [7])}, ValueError, "label 7 at place 0"),
        ({"model": None}, TypeError, "model must be callable"),
        ({"model": function_model, "checkpoint": "c.json"}, TypeError, "must be an nn.Module"),
        ({"model": function_model, "val": TWO, "early_stopping": 1}, TypeError, "nn.Module"),
        ({"loss_fn": None}, TypeError, "loss_fn must be callable"),
        ({"loss_fn": lambda output, y: 1.0}, TypeError, "loss_fn: expected a Tensor or a Value"),
        ({"loss_fn": lambda output, y: output}, ValueError, r"a scalar, got shape \(2, 2\)"),
        ({"loss_fn": each_loss}, ValueError, r"a scalar, got shape \(2,\); take its mean"),
        ({"val": TWO, "batch_size": 1, "loss_fn": each_loss}, ValueError, "take its mean"),
        ({"optimizer": cross_entropy}, TypeError, "expected an optim.Optimizer"),
        ({"optimizer": optim.SGD([mo.Value(1.0)])}, ValueError, "none of the parameters of Watc"),
        ({"callbacks": print}, TypeError, "callbacks must be a list of functions"),
        ({"callbacks": [3]}, TypeError, "callbacks must be a list of functions"),
    ],
)
def test_a_bad_call_says_what_is_wrong_and_changes_nothing(
    bad, error, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    model = Watched().eval()
    optimizer = optim.Adam(model.parameters())
    before = model.state_dict(), optimizer.state_dict()
    good = {"model": model, "loss_fn": cross_entropy, "optimizer": optimizer, "train": TWO}
    with pytest.raises(error, match=message) as caught:
        fit(**good | {"epochs": 1, "progress": False} | bad)
    assert "\n" not in str(caught.value)
    assert (model.state_dict(), optimizer.state_dict()) == before
    assert not model.training and not model.dropout.training
    assert all(p.grad is None for p in model.parameters())
    assert os.listdir(tmp_path) == []


# ---- Ctrl-C


def interrupting(step, times=1):
    """A loss function that gets a Ctrl-C in the middle of a step."""
    calls = []

    def loss_fn(output, y):
        calls.append(y)
        if len(calls) == step:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return cross_entropy(output, y)

    return loss_fn


@pytest.fixture
def handler():
    """A SIGINT handler that is none of ours: what pytest itself runs under may differ."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_ctrl_c_lets_the_step_finish_and_saves(step, handler, tmp_path):
    model, path = classifier(), tmp_path / "c.json"
    optimizer = optim.Adam(model.parameters())
    history = fit(model, interrupting(step), optimizer, moons(20), batch_size=8, epochs=9,
                  progress=False, checkpoint=path)  # fmt: skip
    assert history.stopped == "interrupted"
    assert optimizer.steps == len(history.step_losses) == history["step"][-1] == step
    saved = load_checkpoint(path)
    assert saved["model"] == model.state_dict()
    assert saved["optimizer"]["steps"] == step
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_interrupts_at_once(handler):
    model = classifier()
    before = model.state_dict()
    with pytest.raises(KeyboardInterrupt):
        fit(model, interrupting(1, times=2), optim.SGD(model.parameters()), moons(20), epochs=1,
            progress=False)  # fmt: skip
    assert model.state_dict() == before
    assert signal.getsignal(signal.SIGINT) is handler


def test_the_handler_is_back_after_an_error(handler):
    def fails(history):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        quick(callbacks=[fails])
    assert signal.getsignal(signal.SIGINT) is handler


def test_it_trains_in_a_thread_where_no_handler_can_be_set(handler):
    histories = []
    thread = threading.Thread(target=lambda: histories.append(quick()))
    thread.start()
    thread.join()
    assert histories[0].step_losses == quick().step_losses
    assert signal.getsignal(signal.SIGINT) is handler


# ---- progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_a_terminal_each_epoch_is_a_line_on_standard_error(capsys):
    quick(epochs=2, val=moons(4), progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("epoch 1/2  loss 0.") and second.startswith("epoch 2/2  loss 0.")
    for column in ("accuracy 0.", "val_loss 0.", "val_accuracy", "lr 0.1", " s"):
        assert column in first


def test_a_run_limited_by_steps_has_a_line_for_what_it_did_of_an_epoch(capsys):
    quick(epochs=None, max_steps=4, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1", "epoch 2"]


def test_a_resumed_run_does_not_repeat_the_lines_of_the_run_before(capsys, tmp_path):
    quick(checkpoint=tmp_path / "c.json", max_steps=3)
    quick(checkpoint=tmp_path / "c.json", resume=True, progress=True)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("epoch 2/2")


def test_progress_false_is_silent(capsys):
    quick(progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_closed_standard_error_is_silent_too(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(quick(progress=True)) == 2


@pytest.mark.parametrize("limits", [{"epochs": 2}, {"epochs": None, "max_steps": 6}])
def test_on_a_terminal_it_draws_a_bar(monkeypatch, capsys, limits):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    quick(progress=True, **limits)
    drawn = sys.stderr.getvalue()
    assert "\r" in drawn and "0/6" in drawn
    assert "epoch 1" in drawn and "epoch 2" in drawn
    assert capsys.readouterr().out == ""


def test_the_bar_of_a_resumed_run_starts_where_it_stopped(monkeypatch, tmp_path):
    pytest.importorskip("tqdm")
    quick(checkpoint=tmp_path / "c.json", max_steps=3)
    monkeypatch.setattr(sys, "stderr", Terminal())
    quick(checkpoint=tmp_path / "c.json", resume=True, progress=True)
    assert "3/6" in sys.stderr.getvalue() and "0/6" not in sys.stderr.getvalue()


def test_on_a_terminal_without_tqdm_it_prints_lines(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    quick(progress=True)
    drawn = sys.stderr.getvalue()
    assert drawn.count("\n") == 2 and "\r" not in drawn


# ---- optimizers that need more than one look, or have modes


@pytest.mark.parametrize(
    "make",
    [
        lambda ps: optim.LBFGS(ps, line_search_fn="strong_wolfe", max_iter=4),
        lambda ps: optim.SAM(optim.SGD(ps, lr=0.1)),
        lambda ps: optim.LectureNesterov(ps, lr=0.1),
        lambda ps: optim.Lookahead(optim.Adam(ps, lr=0.05)),
        lambda ps: optim.ScheduleFreeSGD(ps, lr=0.5),
        lambda ps: optim.Newton(ps, damping=1.0),
    ],
)
def test_every_kind_of_optimizer_works_in_fit(make):
    model = nn.MLP(2, [4, 2], activation="tanh", rng=random.Random(1))
    history = quick(model, make(model.parameters()), epochs=4, batch_size=20)
    assert history["loss"][-1] < history["loss"][0]
    assert len(history.step_losses) == history.rows[-1]["step"]


def test_a_schedule_free_run_is_validated_and_ends_at_the_averages():
    model = nn.MLP(2, [4, 2], activation="tanh", rng=random.Random(1))
    optimizer = optim.ScheduleFreeSGD(model.parameters(), lr=0.5)
    val = moons(30)
    history = quick(model, optimizer, epochs=3, val=val)
    loss, _ = evaluate(model, functional.cross_entropy, val)
    assert loss == history["val_loss"][-1]
    optimizer.train()
    assert evaluate(model, functional.cross_entropy, val)[0] != loss


def test_early_stopping_keeps_the_best_averages():
    model = nn.MLP(2, [4, 2], activation="tanh", rng=random.Random(1))
    optimizer = optim.ScheduleFreeSGD(model.parameters(), lr=30.0)
    val = moons(30)
    history = quick(model, optimizer, epochs=40, val=val, early_stopping=2)
    optimizer.eval()
    assert history.stopped == "early stopping"
    assert evaluate(model, functional.cross_entropy, val)[0] == min(history["val_loss"])
