"""Callbacks: when each hook is called, what stops a run, and what a checkpoint keeps of them."""

import random

import pytest

from micrograd_opt import data, functional, nn, optim
from micrograd_opt.files.checkpoint import load_checkpoint, save_checkpoint
from micrograd_opt.training import Callback
from micrograd_opt.training.fit import fit


def quick(*callbacks, loss_fn=functional.cross_entropy, seed=0, **options):
    """A fit of a small net to 20 moons, in batches of 8: 8, 8 and 4."""
    model = nn.MLP(2, [4, 2], rng=random.Random(seed))
    train = data.make_moons(20, noise=0.1, rng=random.Random(0))
    optimizer = options.pop("optimizer", None) or optim.SGD(model.parameters(), lr=0.1)
    options = {"epochs": 2, "batch_size": 8, "progress": False} | options
    return fit(model, loss_fn, optimizer, train, callbacks=callbacks, **options)


class Log(Callback):
    """Writes down each call: the hook, the steps so far and the rows so far."""

    def __init__(self, name="", lines=None):
        self.name, self.lines = name, [] if lines is None else lines

    def _write(self, hook, run):
        self.lines.append(f"{self.name}{hook} {run.steps} {len(run.history)}")

    def on_start(self, run):
        self._write("start", run)

    def on_step(self, run):
        self._write("step", run)

    def on_epoch(self, run):
        self._write("epoch", run)

    def on_end(self, run):
        self._write("end", run)


def test_each_hook_is_called_at_its_time():
    log = Log()
    quick(log)
    assert log.lines == [
        "start 0 0", "step 1 0", "step 2 0", "step 3 0", "epoch 3 1",
        "step 4 1", "step 5 1", "step 6 1", "epoch 6 2", "end 6 2",
    ]  # fmt: skip


def test_the_end_comes_in_the_reverse_order_and_after_the_row_of_a_broken_epoch():
    lines = []
    quick(Log("a ", lines), Log("b ", lines), max_steps=2)
    assert lines[:4] == ["a start 0 0", "b start 0 0", "a step 1 0", "b step 1 0"]
    assert lines[-4:] == ["a step 2 0", "b step 2 0", "b end 2 1", "a end 2 1"]


def test_after_an_error_the_end_is_still_told_to_whoever_was_started():
    class Failing(Callback):
        def __init__(self, hook):
            setattr(self, hook, self.fail)

        def fail(self, run):
            raise ZeroDivisionError

    for hook in ("on_step", "on_epoch", "on_start", "on_end"):
        log, late = Log(), Log()
        with pytest.raises(ZeroDivisionError):
            quick(log, Failing(hook), late)
        assert log.lines[-1].startswith("end ")
        assert (late.lines == []) == (hook == "on_start")


def test_a_hook_sees_a_loss_that_is_not_finite_only_at_the_end():
    log = Log()
    history = quick(log, loss_fn=lambda output, y: functional.cross_entropy(output, y) * 1e308 * 10)
    assert history.stopped == "diverged" and log.lines == ["start 0 0", "end 1 0"]


# ---- stopping


class Answering(Callback):
    """Answers something at the n-th call of a hook."""

    def __init__(self, hook, n, answer):
        self.calls = 0

        def hook_function(run):
            self.calls += 1
            return answer if self.calls >= n else None

        setattr(self, hook, hook_function)


@pytest.mark.parametrize(
    ("hook", "n", "steps", "rows"),
    [("on_start", 1, 0, 0), ("on_step", 2, 2, 1), ("on_step", 3, 3, 1), ("on_epoch", 1, 3, 1)],
)
@pytest.mark.parametrize(("answer", "stopped"), [(True, "callback"), ("enough", "enough")])
def test_a_true_answer_stops_and_a_text_is_the_reason(hook, n, steps, rows, answer, stopped):
    log = Log()
    history = quick(Answering(hook, n, answer), log, epochs=9)
    assert (history.stopped, len(history.step_losses), len(history)) == (stopped, steps, rows)
    assert log.lines[-2].startswith(hook.removeprefix("on_"))  # the others were called too


def test_the_first_reason_counts():
    both = [Answering("on_step", 1, "first"), Answering("on_step", 1, "second")]
    assert quick(*both).stopped == "first"
    assert quick(Answering("on_epoch", 2, "mine"), epochs=2).stopped == "mine"  # not "epochs"


def test_a_text_of_a_plain_function_is_just_a_true_answer():
    assert quick(lambda history: "text").stopped == "callback"


@pytest.mark.parametrize("step", range(1, 9))
def test_a_run_stopped_at_any_step_goes_on_to_the_same_bits(step, tmp_path):
    whole, path = quick(epochs=3), tmp_path / "c.json"
    quick(Answering("on_step", step, True), checkpoint=path, epochs=3)
    assert len(load_checkpoint(path)["history"]["step_losses"]) == step
    resumed = quick(checkpoint=path, resume=True, epochs=3, seed=1)
    assert resumed.step_losses == whole.step_losses and resumed["loss"] == whole["loss"]


# ---- what a checkpoint keeps


class Scheduled(Callback):
    """Steps a scheduler once an epoch, and remembers it: the example of the docstring."""

    def __init__(self, scheduler):
        self.scheduler = scheduler

    def on_epoch(self, run):
        self.scheduler.step()

    def state_dict(self):
        return self.scheduler.state_dict()

    def load_state_dict(self, state):
        self.scheduler.load_state_dict(state)


def scheduled(make, **options):
    model = nn.MLP(2, [4, 2], rng=random.Random(0))
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    train = data.make_moons(20, noise=0.1, rng=random.Random(0))
    return fit(model, functional.cross_entropy, optimizer, train, batch_size=8, progress=False,
               callbacks=[Scheduled(make(optimizer))], **options)  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda o: optim.lr_scheduler.ExponentialLR(o, 0.5),
        lambda o: optim.lr_scheduler.StepLR(o, 2),
        lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 6),
    ],
)
def test_a_callback_that_holds_a_scheduler_resumes_to_the_same_bits(make, tmp_path):
    whole = scheduled(make, epochs=6)
    assert len(set(whole["lr"])) > 1
    for step in (1, 3, 5, 6, 10, 17):
        path = tmp_path / f"{step}.json"
        scheduled(make, max_steps=step, checkpoint=path)
        resumed = scheduled(make, epochs=6, checkpoint=path, resume=True)
        assert resumed.step_losses == whole.step_losses and resumed["lr"] == whole["lr"]


class Counting(Callback):
    """Counts epochs, over a resume too."""

    def __init__(self):
        self.epochs = 0

    def on_epoch(self, run):
        self.epochs += 1

    def state_dict(self):
        return {"epochs": self.epochs}

    def load_state_dict(self, state):
        if not state["epochs"] < 100:
            raise ValueError("too many epochs")
        self.epochs = state["epochs"]


def test_two_callbacks_of_one_class_are_kept_apart_and_loaded_before_the_start(tmp_path):
    path = tmp_path / "c.json"
    late = Counting()
    late.on_epoch = lambda run: None
    quick(Counting(), late, Counting(), checkpoint=path)
    saved = load_checkpoint(path)["callbacks"]
    numbers = {name: state["epochs"] for name, state in saved.items() if "Counting" in name}
    assert numbers == {"Counting": 2, "Counting 2": 0, "Counting 3": 2}
    at_start, again = [], [Counting(), Counting(), Counting()]
    again[0].on_start = lambda run: at_start.append((again[0].epochs, run.steps))
    quick(*again, checkpoint=path, resume=True, epochs=3)
    assert at_start == [(2, 6)] and [c.epochs for c in again] == [3, 1, 3]


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([], "callbacks: missing nothing; unexpected Counting"),
        ([Counting(), Counting()], "callbacks: missing Counting 2; unexpected nothing"),
    ],
)
def test_a_run_with_other_callbacks_that_remember_does_not_resume(callbacks, message, tmp_path):
    path = tmp_path / "c.json"
    quick(Counting(), checkpoint=path)
    with pytest.raises(ValueError, match=f"does not fit this run: {message}"):
        quick(*callbacks, checkpoint=path, resume=True)
    quick(Counting(), Log(), checkpoint=path, resume=True)  # who remembers nothing may come and go


def test_a_state_that_a_callback_refuses_changes_nothing(tmp_path):
    path = tmp_path / "c.json"
    quick(Counting(), Counting(), checkpoint=path)
    state = load_checkpoint(path)
    state["callbacks"]["Counting 2"]["epochs"] = 200
    save_checkpoint(path, state)
    first, second = Counting(), Counting()
    model = nn.MLP(2, [4, 2], rng=random.Random(5))
    before = model.state_dict()
    with pytest.raises(ValueError, match="does not fit this run: too many epochs"):
        fit(model, functional.cross_entropy, optim.SGD(model.parameters(), lr=0.1),
            data.make_moons(20, noise=0.1, rng=random.Random(0)), epochs=3, batch_size=8,
            checkpoint=path, resume=True, progress=False, callbacks=[first, second])  # fmt: skip
    assert (first.epochs, second.epochs) == (0, 0) and model.state_dict() == before


def test_a_misspelt_hook_is_refused_when_the_class_is_defined():
    with pytest.raises(TypeError, match="Stepper: on_epoch_end is none of the hooks on_start, on_"):

        class Stepper(Callback):
            def on_epoch_end(self, run):
                """As another library names it."""
