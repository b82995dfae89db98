"""One run at a time writes a file: the second is refused by name, and a dead one holds nothing."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from micrograd_opt import data, functional, nn, optim
from micrograd_opt.files import lock
from micrograd_opt.files.atomic_write import write_whole
from micrograd_opt.files.checkpoint import load_checkpoint
from micrograd_opt.files.lock import FileLock
from micrograd_opt.training.fit import fit

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX alone")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


def train(path, **options):
    rng = random.Random(0)
    model = nn.MLP(2, [4, 2], rng=rng)
    options = {"epochs": 2, "progress": False} | options
    return fit(model, functional.cross_entropy, optim.Adam(model.parameters()),
               data.make_moons(20, rng=rng), checkpoint=path, **options)  # fmt: skip


HOLD = """
import sys, time
from micrograd_opt.files.lock import FileLock
with FileLock("c.json"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of c.json in tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdout=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_with_the_first_ones_name_and_leaves_no_trace(holder, tmp_path):
    path, before = tmp_path / "c.json", sorted(os.listdir(tmp_path))
    for options in ({}, {"resume": True}):
        with pytest.raises(BlockingIOError) as caught:
            train(path, **options)
        assert f"c.json: process {holder.pid} on " in str(caught.value)
        assert str(caught.value).endswith(" is writing it; wait for that run, or name another file")
        assert sorted(os.listdir(tmp_path)) == before == ["c.json.lock"]


def test_a_killed_process_holds_nothing_and_what_it_left_is_removed(holder, tmp_path):
    path = tmp_path / "c.json"
    for name in ("c.json.77-88.tmp", "c.json.tmp", "xc.json.1-2.tmp", "c.json.1-2.tmp.gz"):
        (tmp_path / name).write_text("half a ")
    os.kill(holder.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    holder.wait()
    assert (tmp_path / "c.json.lock").exists()
    train(path)
    others = ["c.json.1-2.tmp.gz", "c.json.tmp", "xc.json.1-2.tmp"]
    assert sorted(os.listdir(tmp_path)) == ["c.json", *others]


def test_of_two_fits_in_threads_the_second_is_refused_and_the_first_goes_on(tmp_path):
    path, refusals = tmp_path / "c.json", []

    def second():
        try:
            train(path)
        except BlockingIOError as error:
            refusals.append(str(error))

    def start(history):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    assert len(train(path, callbacks=[start])) == 2
    assert len(refusals) == 2 and f"process {os.getpid()} on " in refusals[0]
    assert "(this one) is writing it" in refusals[0]
    assert len(load_checkpoint(path)["history"]["rows"]) == 2


def test_the_lock_is_let_go_at_the_end_and_after_an_error(tmp_path):
    def fail(history):
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            train(tmp_path / "c.json", callbacks=[fail])
        assert os.listdir(tmp_path) == []
    train(tmp_path / "c.json")
    assert os.listdir(tmp_path) == ["c.json"]


def test_a_refused_resume_lets_the_lock_go(tmp_path):
    path = tmp_path / "c.json"
    train(path)
    with pytest.raises(ValueError, match="batch_size was 32, is 5"):
        train(path, resume=True, batch_size=5)
    assert len(train(path, resume=True, epochs=3)) == 3


@posix
def test_a_link_has_the_lock_of_what_it_leads_to_and_stays_a_link(tmp_path):
    (tmp_path / "folder").mkdir()
    real, link, also = tmp_path / "folder" / "c.json", tmp_path / "link.json", tmp_path / "also"
    link.symlink_to(real)
    also.symlink_to(tmp_path / "folder")
    with FileLock(link), pytest.raises(BlockingIOError), FileLock(also / "c.json"):
        pass
    train(link)
    assert link.is_symlink() and load_checkpoint(real) == load_checkpoint(link)
    assert os.listdir(tmp_path / "folder") == ["c.json"]
    link.unlink()
    link.symlink_to(tmp_path / "none" / "c.json")
    with pytest.raises(FileNotFoundError, match="there is no folder .*none"):
        train(link)


@posix
def test_a_forked_child_neither_holds_the_lock_nor_removes_it(tmp_path):
    path = tmp_path / "c.json"
    with FileLock(path) as held:
        child = os.fork()
        if child == 0:
            held.__exit__()
            os._exit(0 if held.file.closed else 1)
        assert os.waitpid(child, 0)[1] == 0
        with pytest.raises(BlockingIOError), FileLock(path):
            pass
    assert os.listdir(tmp_path) == []


@posix
def test_the_lock_of_a_parent_that_died_is_free_though_its_child_lives(tmp_path):
    code = (
        "import os, time\nfrom micrograd_opt.files.lock import FileLock\n"
        "with FileLock('c.json'):\n"
        "    if os.fork() == 0:\n        print('born', flush=True)\n        time.sleep(60)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert parent.stdout.readline() == b"born\n"
        parent.kill()
        parent.wait()
        with FileLock(tmp_path / "c.json"):
            pass
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.stdout.close()


CONTEND = """
import sys
from micrograd_opt.files.lock import FileLock
inside = done = 0
while done < 200:
    try:
        with FileLock("c.json"):
            with open("inside", "x"):
                pass
            import os
            os.unlink("inside")
            done += 1
    except BlockingIOError:
        pass
"""


def test_never_two_are_inside_however_often_the_lock_is_taken_and_removed(tmp_path):
    processes = [
        subprocess.Popen([sys.executable, "-c", CONTEND], cwd=tmp_path, env=ENVIRONMENT)
        for _ in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert os.listdir(tmp_path) == []


def test_a_file_system_without_locks_is_a_warning_and_the_run_goes_on(tmp_path, monkeypatch):
    def no_locks(file):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(lock, "_lock", no_locks)
    with pytest.warns(UserWarning, match="no locks on this file system") as caught:
        train(tmp_path / "c.json")
    assert caught[0].filename == __file__
    assert os.listdir(tmp_path) == ["c.json"]


def test_where_nothing_can_be_written_the_run_does_not_start(tmp_path, monkeypatch):
    def read_only(name, *args, **options):
        raise PermissionError(errno.EACCES, "Permission denied", name)

    monkeypatch.setattr(lock, "open", read_only, raising=False)
    calls = []
    with pytest.raises(PermissionError, match="Permission denied"):
        train(tmp_path / "c.json", callbacks=[calls.append])
    assert calls == [] and os.listdir(tmp_path) == []


def test_two_writers_at_once_have_temporary_files_of_their_own(tmp_path):
    path, errors = tmp_path / "c.json", []

    def write(byte):
        try:
            for _ in range(50):
                write_whole(path, byte * 1000)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=[byte]) for byte in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and os.listdir(tmp_path) == ["c.json"]
    assert path.read_bytes() in (b"a" * 1000, b"b" * 1000, b"c" * 1000)
