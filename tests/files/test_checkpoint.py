"""A checkpoint is whole or not there, what is not one is refused in one line, and a run that goes
on from one ends with the same bits as one that never stopped."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import micrograd_opt as mo
from micrograd_opt import data, functional, nn, optim
from micrograd_opt.files.checkpoint import load_checkpoint, save_checkpoint
from micrograd_opt.training.fit import fit

CIRCULAR = {}
CIRCULAR["itself"] = CIRCULAR
STATE = {"weights": [0.1, 1e-300, -2.5], "nested": {"1": [True, None, "x"]}, "n": 3}


def test_what_is_saved_comes_back_to_the_bit(tmp_path):
    path = tmp_path / "c.json"
    rng = random.Random(0)
    state = {"floats": [rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300) for _ in range(500)]}
    save_checkpoint(path, state)
    assert load_checkpoint(path) == state
    assert os.listdir(tmp_path) == ["c.json"]


def test_a_failed_save_keeps_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "c.json"
    save_checkpoint(path, STATE)
    with pytest.raises(TypeError):
        save_checkpoint(path, {"not": object()})
    monkeypatch.setattr(os, "fsync", lambda *args: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, {"newer": 1})
    assert os.listdir(tmp_path) == ["c.json"]
    assert load_checkpoint(path) == STATE


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((STATE, "c.json"), TypeError, "path, state): path must be a file's name, got dict"),
        ((None, STATE), TypeError, "path must be a file's name, got NoneType"),
        ((3, STATE), TypeError, "path must be a file's name, got int"),
        (("c.json", object()), TypeError, "state: Object of type object is not JSON serializable"),
        (("c.json", {"a": [1, {"b": {2}}]}), TypeError, "state['a'][1]['b']: Object of type set"),
        (("c.json", {"w": mo.Tensor([1.0])}), TypeError, "state['w']: Object of type Tensor"),
        (("c.json", {"a": {(1, 2): 3}}), TypeError, "state['a']: keys must be str, int"),
        (("c.json", CIRCULAR), ValueError, "state: Circular reference detected; it takes"),
    ],
)
def test_what_cannot_be_saved_is_named_with_its_place(
    arguments, error, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as caught:
        save_checkpoint(*arguments)
    assert message in str(caught.value) and str(caught.value).startswith("save_checkpoint")
    assert os.listdir(tmp_path) == []


def test_a_file_s_name_is_asked_of_load_checkpoint_too():
    with pytest.raises(TypeError, match="path must be a file's name, got dict"):
        load_checkpoint(STATE)


def test_the_bytes_are_on_the_disk_before_the_file_has_its_name(tmp_path, monkeypatch):
    calls, fsync, replace = [], os.fsync, os.replace

    def spied_fsync(descriptor):
        calls.append(("fsync", os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size))
        fsync(descriptor)

    def spied_replace(old, new):
        calls.append("replace")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", spied_fsync)
    monkeypatch.setattr(os, "replace", spied_replace)
    path = tmp_path / "c.json"
    save_checkpoint(path, STATE)
    file = path.stat()
    assert calls[:2] == [("fsync", file.st_ino, file.st_size), "replace"]
    if hasattr(os, "O_DIRECTORY"):  # then the name
        assert [call[:2] for call in calls[2:]] == [("fsync", tmp_path.stat().st_ino)]


def test_no_corruption_of_a_single_byte_loads(tmp_path):
    path = tmp_path / "c.json"
    save_checkpoint(path, STATE)
    whole = path.read_bytes()
    rng = random.Random(1)
    for _ in range(300):
        place, byte = rng.randrange(len(whole)), rng.randrange(256)
        if whole[place] == byte:
            continue
        path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
        try:
            loaded = load_checkpoint(path)
        except ValueError as error:
            assert str(path) in str(error) and "\n" not in str(error)
        else:
            assert loaded == STATE  # white space, or a digit beyond a float's precision


FORMAT = '{"format": "micrograd_opt checkpoint"'
STATED = f'"state": {{}}, "sha256": "{hashlib.sha256(b"{}").hexdigest()}"'
NOTHING = hashlib.sha256(b"null").hexdigest()


def test_the_digest_of_these_tests_is_the_right_one(tmp_path):
    (tmp_path / "c.json").write_text(f'{FORMAT}, "version": 1, {STATED}}}')
    assert load_checkpoint(tmp_path / "c.json") == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a checkpoint"),
        ("{", "not a checkpoint"),
        ("[1, 2]", "not a micrograd_opt checkpoint"),
        ('{"format": "other"}', "not a micrograd_opt checkpoint"),
        ('{"format": "micrograd_opt checkpoint", "version": 99}', "written in format version 99"),
        ('{"format": "micrograd_opt checkpoint", "version": 1}', "corrupted"),
        (f"{FORMAT}, {STATED}}}", "corrupted: its format version is missing"),
        (f'{FORMAT}, "version": null, {STATED}}}', "corrupted: its format version is missing"),
        (f'{FORMAT}, "version": true, {STATED}}}', "corrupted: its format version is missing"),
        (f'{FORMAT}, "version": "1", {STATED}}}', "corrupted: its format version is missing"),
        (f'{FORMAT}, "version": 0, {STATED}}}', "written in format version 0"),
        (f'{FORMAT}, "version": 1, "sha256": "{NOTHING}"}}', "corrupted: its contents do not"),
        ("[" * 100_000, "not a checkpoint"),
        (b"\xff\xfe\x00", "not a checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, message):
    path = tmp_path / "c.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        load_checkpoint(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.json: no checkpoint there"):
        load_checkpoint(tmp_path / "none.json")


# ---- resume: 10 samples in batches of 4, so 3 steps an epoch, 9 in all

OPTIMIZERS = {
    "sgd": lambda p, lr: optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9),
    "adam": lambda p, lr: optim.Adam(p, lr=lr),
    "adamw": lambda p, lr: optim.AdamW(p, lr=lr, amsgrad=True),
}
STEPS = 9


def moons(n, seed=0):
    return data.make_moons(n, noise=0.1, rng=random.Random(seed))


class Run:
    """A model, an optimizer and a loader; two kinds of dropout, a schedule, and buffers."""

    def __init__(self, kind="adam", seed=0, width=4, samples=10, data_seed=0, sampler=None):
        rng = random.Random(seed)
        random.seed(seed + 7)  # the first dropout draws from the global generator
        self.model = nn.Sequential(
            nn.Linear(2, width, rng=rng), nn.BatchNorm1d(width), nn.Tanh(), nn.Dropout(0.3),
            nn.Linear(width, 2, rng=rng), nn.Dropout(0.2, rng=random.Random(seed)),
        )  # fmt: skip
        schedule = optim.schedules.linear_warmup(2, optim.schedules.cosine_annealing(0.1, 7))
        self.optimizer = OPTIMIZERS[kind](self.model.parameters(), schedule)
        order = {"sampler": sampler} if sampler else {"shuffle": True, "rng": random.Random(seed)}
        self.loader = data.DataLoader(moons(samples, data_seed), 4, **order)

    def fit(self, path=None, loss_fn=functional.cross_entropy, **options):
        options = {"epochs": 3, "val": moons(5, seed=1), "progress": False} | options
        return fit(self.model, loss_fn, self.optimizer, self.loader, checkpoint=path, **options)

    def state(self):
        """Everything that a run changes."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "loader": self.loader.state_dict(),
            "global_rng": random.getstate(),
            "loader_rng": self.loader.rng and self.loader.rng.getstate(),
            "dropout_rng": self.model[-1].rng.getstate(),
        }


def after_a_restart(kind="adam", **options):
    """Other numbers everywhere, until the run is resumed."""
    return Run(kind, seed=5, **options)


def seen(history):
    """What must be the same: all but the time."""
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows]
    return rows, history.step_losses, history.stopped


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_stopped_after_any_step_and_resumed_a_run_ends_with_the_same_bits(kind, tmp_path):
    whole = Run(kind)
    expected = seen(whole.fit()), whole.state()
    for k in range(1, STEPS + 1):
        path = tmp_path / f"{k}.json"
        first = Run(kind).fit(path, max_steps=k)
        assert (first.stopped, len(first.step_losses)) == ("max_steps", k)
        run = after_a_restart(kind)
        assert (seen(run.fit(path, resume=True)), run.state()) == expected, k


def test_stopped_again_and_again_it_ends_with_the_same_bits(tmp_path):
    whole, path = Run(), tmp_path / "c.json"
    expected = seen(whole.fit()), whole.state()
    Run().fit(path, max_steps=1)
    for k in range(2, STEPS):
        after_a_restart().fit(path, max_steps=k, resume=True)
    run = after_a_restart()
    assert (seen(run.fit(path, resume=True)), run.state()) == expected


@pytest.mark.parametrize("step", range(1, STEPS))
def test_interrupted_in_any_step_and_resumed_it_ends_with_the_same_bits(step, tmp_path):
    whole, path, calls = Run(), tmp_path / "c.json", []
    expected = seen(whole.fit(val=None)), whole.state()

    def loss_fn(output, y):
        calls.append(y)
        if len(calls) == step:
            os.kill(os.getpid(), signal.SIGINT)
        return functional.cross_entropy(output, y)

    assert Run().fit(path, loss_fn, val=None).stopped == "interrupted"
    assert len(load_checkpoint(path)["history"]["step_losses"]) == step
    run = after_a_restart()
    assert (seen(run.fit(path, resume=True, val=None)), run.state()) == expected


def test_a_callback_stops_a_run_that_can_go_on(tmp_path):
    whole, path = Run(), tmp_path / "c.json"
    expected = seen(whole.fit()), whole.state()
    assert Run().fit(path, callbacks=[lambda history: True]).stopped == "callback"
    run = after_a_restart()
    assert (seen(run.fit(path, resume=True)), run.state()) == expected


def test_a_finished_run_is_given_back_and_more_epochs_go_on(tmp_path):
    path = tmp_path / "c.json"
    first = Run()
    expected = seen(first.fit(path)), first.state()
    for epochs in (3, 2):  # fewer than it has is no reason to go on
        run = after_a_restart()
        assert (seen(run.fit(path, resume=True, epochs=epochs)), run.state()) == expected
    with pytest.warns(UserWarning, match="has run out after 9 steps"):
        assert len(after_a_restart().fit(path, resume=True, epochs=5)) == 5


def test_the_time_goes_on_too(tmp_path):
    path = tmp_path / "c.json"
    Run().fit(path, max_steps=3)
    state = load_checkpoint(path)
    save_checkpoint(path, state | {"seconds": 1000.0})
    assert after_a_restart().fit(path, resume=True)["seconds"][-1] >= 1000.0


class Walker(nn.Module):
    """One weight that each epoch of one step moves by 1, so that it is the epoch's number."""

    def __init__(self):
        self.w = nn.Parameter([0.0])

    def forward(self, x):
        return x * self.w


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5])
def test_early_stopping_counts_on_after_a_resume(stop, tmp_path):
    path = tmp_path / "c.json"

    def walk(**limits):
        model = Walker()
        history = fit(model, functional.l1_loss, optim.SGD([model.w], lr=1.0), ([1.0], [100.0]),
                      val=([1.0], [3.0]), early_stopping=2, checkpoint=path, progress=False,
                      **limits)  # fmt: skip
        return history, model

    walk(max_steps=stop)
    history, model = walk(epochs=20, resume=True)
    assert history["val_loss"] == [2.0, 1.0, 0.0, 1.0, 2.0]
    assert history.stopped == "early stopping" and model.w.tolist() == [3.0]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"width": 5}, "0.weight: shape"),
        ({"kind": "sgd"}, "optimizer was Adam, is SGD; call it as before, or start anew"),
        ({"samples": 11}, "other data"),
        ({"data_seed": 2}, "other data"),
        ({"sampler": range(8)}, "generators"),
        ({"sampler": data.RandomSampler(range(10), num_samples=8, rng=random.Random(0))}, "order"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_changes_nothing(other, message, tmp_path):
    path = tmp_path / "c.json"
    Run().fit(path, max_steps=4)
    run = after_a_restart(**other)
    before = run.state()
    with pytest.raises(ValueError, match=message) as caught:
        run.fit(path, resume=True)
    assert str(caught.value).startswith(f"{path}: does not fit this run: ")
    assert "\n" not in str(caught.value)
    assert run.state() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda state: {"weights": [1.0]},
        lambda state: [state],
        lambda state: 3,
        lambda state: {k: v for k, v in state.items() if k != "epoch"},
        lambda state: state | {"callbacks": {}},
        lambda state: state | {"callbacks": state["callbacks"] | {"Another": {}}},
        lambda state: state | {"generators": [None, None, None]},
        lambda state: state | {"history": {"rows": [{}], "step_losses": []}},
        lambda state: state | {"loader": {"order": [0], "position": 0}},
        lambda state: state | {"model": None},
    ],
)
def test_a_file_that_is_no_training_run_is_refused_and_changes_nothing(change, tmp_path):
    path = tmp_path / "c.json"
    Run().fit(path, max_steps=4)
    save_checkpoint(path, change(load_checkpoint(path)))
    run = after_a_restart()
    before = run.state()
    with pytest.raises(ValueError, match="does not fit this run"):
        run.fit(path, resume=True)
    assert run.state() == before


# ---- settings


def line_fit(path, optimizer=optim.SGD, wrap=None, clip_norm=None, batch_size=2, drop_last=False,
               resume=False, epochs=1, groups=({},), compile=None, **hyperparameters):  # fmt: skip
    """A run of a small net on five samples."""
    model = nn.MLP(1, [2, 1], rng=random.Random(0))
    first, *rest = model.parameters()
    parts = [[first, *rest]] if len(groups) == 1 else [[first], rest]
    given = [{"params": part, **group} for part, group in zip(parts, groups, strict=True)]
    made = optimizer(given, **hyperparameters)
    x = [[0.0], [1.0], [2.0], [3.0], [4.0]]
    loader = data.DataLoader(data.TensorDataset(x, x), batch_size, drop_last=drop_last)
    return fit(model, functional.mse_loss, wrap(made) if wrap else made, loader, epochs=epochs,
               clip_norm=clip_norm, checkpoint=path, resume=resume, progress=False,
               compile=compile)  # fmt: skip


schedules = optim.schedules
COSINE = {"lr": schedules.cosine_annealing(0.1, 9)}


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ({}, {"batch_size": 3}, "batch_size was 2, is 3"),
        ({}, {"drop_last": True}, "drop_last was False, is True"),
        ({}, {"clip_norm": 0.5}, "clip_norm was None, is 0.5"),
        ({"clip_norm": 1}, {"clip_norm": None}, "clip_norm was 1, is None"),
        ({}, {"compile": False}, "compile was None, is False"),
        ({"compile": True}, {"compile": None}, "compile was True, is None"),
        ({}, {"optimizer": optim.Adam}, "optimizer was SGD, is Adam"),
        ({}, {"wrap": optim.SAM}, "optimizer was SGD, is SAM(SGD)"),
        ({}, {"lr": 0.2}, "lr was 0.1, is 0.2"),
        ({"momentum": 0.9}, {"nesterov": True}, "nesterov was False, is True"),
        (
            COSINE,
            {"lr": schedules.cosine_annealing(0.1, 12)},
            "lr was cosine_annealing(lr=0.1, max_steps=9, lr_min=0), "
            "is cosine_annealing(lr=0.1, max_steps=12, lr_min=0)",
        ),
        (COSINE, {"lr": lambda i: 0.1}, "max_steps=9, lr_min=0), is a function"),
        (COSINE, {"lr": 0.1}, "max_steps=9, lr_min=0), is 0.1"),
        (
            {"wrap": optim.SAM} | COSINE,
            {"lr": schedules.constant(0.1)},
            "lr_min=0), is constant(lr=0.1)",
        ),
        (
            {"wrap": lambda inner: optim.Lookahead(optim.SAM(inner))},
            {"wrap": lambda inner: optim.SAM(optim.Lookahead(inner))},
            "optimizer was Lookahead(SAM(SGD)), is SAM(Lookahead(SGD))",
        ),
        (
            {"optimizer": optim.Adam, "betas": (0.9, schedules.constant(0.99))},
            {"betas": (0.9, schedules.constant(0.95))},
            "betas was (0.9, constant(lr=0.99)), is (0.9, constant(lr=0.95))",
        ),
        ({"groups": ({}, {})} | COSINE, {"lr": 0.1}, "lr of group 0 was cosine_annealing"),
        (
            {"groups": ({}, COSINE)},
            {"groups": ({}, {"lr": schedules.constant(0.1)})},
            "lr of group 1 was cosine_annealing(lr=0.1, max_steps=9, lr_min=0), is constant",
        ),
        ({"groups": ({}, {})}, {"groups": ({},)}, "lr was not there, is 0.1"),
    ],
)
def test_another_setting_is_refused_by_name_and_changes_nothing(before, now, message, tmp_path):
    path = tmp_path / "c.json"
    before = {"lr": 0.1} | before
    line_fit(path, **before)
    file = path.read_bytes()
    with pytest.raises(ValueError) as caught:
        line_fit(path, resume=True, epochs=2, **before | now)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: does not fit this run: ")
    assert str(caught.value).endswith("; call it as before, or start anew without resume")
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == file


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (lambda: 0.5, lambda: 0.5),
        (lambda: 1, lambda: 1.0),
        (lambda: schedules.constant(1), lambda: schedules.constant(1.0)),
        (lambda: lambda i: 0.1, lambda: lambda i: 0.1),  # not told apart, but by their address
        (lambda: schedules.linear_warmup(2, lambda i: 0.1),) * 2,
        (lambda: schedules.join([lambda i: 0.1, 0.2], [3]),) * 2,
    ],
)
def test_the_same_settings_go_on_to_more_epochs(before, now, tmp_path):
    path = tmp_path / "c.json"
    line_fit(path, lr=before())
    assert len(line_fit(path, lr=now(), resume=True, epochs=3)) == 3


def test_a_rate_that_the_run_itself_has_changed_is_no_other_setting(tmp_path):
    path, runs = tmp_path / "c.json", []
    for epochs in (2, 4):
        model = Walker()
        optimizer = optim.SGD([model.w], lr=1.0)
        halving = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        runs.append(fit(model, functional.l1_loss, optimizer, ([1.0], [100.0]), epochs=epochs,
                        callbacks=[lambda history, step=halving.step: step()], checkpoint=path,
                        resume=epochs > 2, progress=False))  # fmt: skip
    assert [len(history) for history in runs] == [2, 4]


# ---- a whole digest around wrong contents


WRONG = (None, True, 3, 1.5, "x", [], [None], {}, {"a": 1})
NOT_WRONG = {  # of each field, those of WRONG that it may be
    **dict.fromkeys(("data", "model", "optimizer", "loader", "generators", "history"), ()),
    "classes": (None, [], [None]),  # names for who reads it; a resumed run has its own
    "settings": (),
    "schedulers": ([],),
    "callbacks": (),
    "callbacks.Compiling": (),
    **dict.fromkeys(("callbacks.Compiling.training", "callbacks.Compiling.validation"), ([],)),
    "callbacks.EarlyStopping": (),
    "callbacks.EarlyStopping.best_loss": (3, 1.5),
    "callbacks.EarlyStopping.best_parameters": (None,),
    "callbacks.EarlyStopping.bad_epochs": (3,),
    "epoch": (),
    **dict.fromkeys(("epoch.steps", "epoch.samples"), (3,)),
    "epoch.correct": (3, None),
    **dict.fromkeys(("epoch.loss_sum", "epoch.norm_sum", "epoch.lr", "seconds"), (3, 1.5)),
}


def replaced(state, path, value):
    """A copy of a state with another value at a path such as epoch.steps."""
    name, _, rest = path.partition(".")
    return state | {name: replaced(state[name], rest, value) if rest else value}


def saved_state(path):
    Run().fit(path, max_steps=4)
    return load_checkpoint(path)


def refused(path, state):
    """What `fit` says to a resume from `state`, which must be refused and change nothing."""
    save_checkpoint(path, state)
    run = after_a_restart()
    before = run.state()
    with pytest.raises(ValueError, match="does not fit this run: ") as caught:
        run.fit(path, resume=True)
    assert run.state() == before
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: does not fit this run: ")


def test_every_field_is_tried(tmp_path):
    state = saved_state(tmp_path / "c.json")
    tried = {path.split(".")[0] for path in NOT_WRONG}
    assert tried == state.keys()
    for part in ("epoch", "callbacks"):
        fields = {path.split(".")[1] for path in NOT_WRONG if path.startswith(f"{part}.")}
        assert fields == state[part].keys()


@pytest.mark.parametrize("name", NOT_WRONG)
def test_a_field_of_the_wrong_type_is_refused_by_name_and_changes_nothing(name, tmp_path):
    path = tmp_path / "c.json"
    state, right = saved_state(path), [(type(x), x) for x in NOT_WRONG[name]]
    for wrong in WRONG:
        if (type(wrong), wrong) in right:
            continue
        message = refused(path, replaced(state, name, wrong))
        if not isinstance(wrong, (dict, list)):  # what is wrong in those says their owner
            of_the_right_type = {("data", "x"): "other data", ("schedulers", None): "a scheduler"}
            by_name = f"{name.split('.')[-1]} must be "
            assert of_the_right_type.get((name, wrong), by_name) in message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("generators", [None] * 3, "generators[0] must be 3 numbers"),
        ("generators", [[3, [0] * 625]] * 3, "generators[0] must be 3 numbers"),
        ("generators", [[3, [0] * 624, None]] * 3, "[1] must be a list of 625, got 624"),
        ("generators", [[3, [-1] * 625, None]] * 3, "generators[0][1][0] must be in {0, 1, …, 429"),
        ("generators", [[3, [2**70] * 625, None]] * 3, ""),
        (
            "generators",
            [[3, [0.5] * 625, None]] * 3,
            "generators[0][1][0] must be in {0, 1, …, 429",
        ),
        ("generators", [[3, [0] * 625, "x"]] * 3, "generators[0][2] must be a number"),
        ("generators", [[3, [0] * 625, None]] * 2, "it drew from other random generators"),
        ("callbacks.EarlyStopping.best_parameters", {"0.weight": [1.0]}, "missing: 0.bias"),
        ("history", {"rows": [{}], "step_losses": []}, "rows[0]: missing epoch, step"),
        ("loader", {"order": None, "position": 10**400}, "position"),
        ("epoch.steps", 10**400, "epoch: steps must be"),
        ("callbacks.Compiling.training", None, "compiling: training must be a list, got None"),
        ("callbacks.Compiling.training", {4: 1}, "compiling: training must be a list, got {"),
        (
            "callbacks.Compiling.training",
            [[4, -1]],
            "compiling: training[0][1] must be in {0, 1, …}, got -1",
        ),
        (
            "callbacks.Compiling.training",
            [[4, True]],
            "compiling: training[0][1] must be a number in {0, 1, …}, got True",
        ),
    ],
)
def test_what_is_wrong_within_a_field_is_refused_too(name, value, message, tmp_path):
    path = tmp_path / "c.json"
    assert message in refused(path, replaced(saved_state(path), name, value))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seconds": "x"}, "run: state: seconds must be a number in .*got str: 'x'"),
        ({"generators": [[3, [1], None]] * 3}, "must be a list of 625, got 1"),
    ],
)
def test_the_runs_own_fields_are_checked_before_a_parameter_is_written(change, message, tmp_path):
    path = tmp_path / "c.json"
    save_checkpoint(path, saved_state(path) | change)
    run = after_a_restart()
    versions = [p.version for p in run.model.parameters()]
    with pytest.raises(ValueError, match=message):
        run.fit(path, resume=True)
    assert [p.version for p in run.model.parameters()] == versions


@pytest.mark.parametrize("keys", [("model", "4.bias"), ("optimizer", "state", "0", "m")])
def test_a_whole_number_too_large_for_a_float_is_refused(keys, tmp_path):
    path = tmp_path / "c.json"
    state = part = saved_state(path)
    for key in keys:
        part = part[key]
    part[0] = 10**400
    refused(path, state)


def test_a_refused_file_leaves_a_model_that_was_not_finite_itself_as_it_was(tmp_path):
    path = tmp_path / "c.json"
    refusal = saved_state(path)
    refusal["loader"]["order"] = [0]
    save_checkpoint(path, refusal)
    run = after_a_restart()
    run.model[0].bias.data = [float("inf")] * 4
    before = run.state()
    with pytest.raises(ValueError, match="order has 1 samples"):
        run.fit(path, resume=True, val=None)
    assert run.state() == before


def test_an_interrupt_while_it_loads_puts_everything_back(tmp_path, monkeypatch):
    path = tmp_path / "c.json"
    Run().fit(path, max_steps=4)
    run, calls = after_a_restart(), []
    load, before = run.loader.load_state_dict, run.state()

    def interrupted(state):
        calls.append(state)
        if len(calls) == 1:
            raise KeyboardInterrupt
        load(state)

    monkeypatch.setattr(run.loader, "load_state_dict", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.fit(path, resume=True)
    assert run.state() == before


# ---- kill -9

TRAIN_UNTIL_KILLED = """
import random
from micrograd_opt import data, functional, nn, optim
from micrograd_opt.training.fit import fit

rng = random.Random(0)
model = nn.MLP(2, [40, 2], rng=rng)
# When this prints that epoch n is over, the save of epoch n - 1 has returned.
fit(model, functional.cross_entropy, optim.Adam(model.parameters()), data.make_moons(8, rng=rng),
    epochs=10**6, checkpoint="c.json", progress=False,
    callbacks=[lambda history: print(len(history), flush=True)])
"""


def test_killed_at_any_moment_a_run_leaves_a_whole_checkpoint_of_its_last_save(tmp_path):
    for wait in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", TRAIN_UNTIL_KILLED], stdout=subprocess.PIPE, text=True,
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        with process:
            assert process.stdout.readline() == "1\n"
            assert process.stdout.readline() == "2\n"
            time.sleep(0.0031 * wait)
            process.kill()
            epochs = max([2, *map(int, process.stdout.read().split())])
        assert len(load_checkpoint(tmp_path / "c.json")["history"]["rows"]) >= epochs - 1
