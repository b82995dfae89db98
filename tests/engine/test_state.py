"""What a new node takes note of, in threads and asyncio tasks: each has a state of its own."""

import asyncio
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from micrograd_opt import Tensor, Value, compile, enable_grad, nn, no_grad, rand
from micrograd_opt.compiler.trace import trace
from micrograd_opt.engine.state import (
    DEFAULT,
    is_grad_enabled,
    next_module_edit,
    next_version,
    recorder,
    state,
)


def in_thread(function):
    """What the function gives in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def slope():
    """The gradient of x² + x at 3, which is 7."""
    x = Value(3.0)
    (x * x + x).backward()
    return x.grad


def untouched():
    return state() == DEFAULT


# ---- threads


def test_a_thread_that_is_started_within_no_grad_records():
    with no_grad():
        assert in_thread(slope) == 7.0
        assert not is_grad_enabled()
    assert untouched()


def test_one_no_grad_object_in_two_threads_puts_back_what_each_had():
    both, entered, left = no_grad(), threading.Event(), threading.Event()

    def other():
        with both:
            entered.set()
            left.wait(10)
        return untouched()

    with ThreadPoolExecutor(1) as pool, enable_grad():
        future = pool.submit(other)
        entered.wait(10)
        with both:  # within enable_grad, which the other thread is not
            pass
        left.set()
        assert future.result() and is_grad_enabled() and state()[3] == DEFAULT
    assert untouched()


def test_a_module_that_works_in_one_thread_names_no_node_of_another():
    working, done = threading.Event(), threading.Event()

    class Waiting(nn.Module):
        def forward(self, x):
            working.set()
            done.wait(10)
            return x * 2.0

    class Outer(nn.Module):
        def __init__(self):
            self.inner = Waiting()

        def forward(self, x):
            return self.inner(x)

    model = Outer()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(lambda: model(Value(1.0)))
        working.wait(10)
        assert (Value(1.0) * 2.0).module is None
        done.set()
        assert future.result().module == "inner"


def test_what_one_thread_computes_while_another_traces_is_not_traced():
    w, x, tracing, done = Value(2.0), Value(3.0), threading.Event(), threading.Event()

    def loss(x):
        y = w * x
        tracing.set()
        done.wait(10)
        return y * y

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(trace, loss, [x], [x])
        tracing.wait(10)
        y = w * x
        assert y.data == 6.0 and (x < 4.0) is True and recorder() is None
        y.backward()
        y.detach().data = 2.0  # an edit, which a trace refuses
        done.set()
        assert [node.data for node in future.result().outputs] == [36.0]
    assert (w.grad, x.grad) == (3.0, 2.0)


def test_data_edited_in_one_thread_are_stale_in_all():
    w = Tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()

    def edit():
        w.data = [3.0, 4.0]

    in_thread(edit)
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


@pytest.mark.parametrize("count", [next_version, next_module_edit])
def test_no_edit_is_lost_or_counted_twice(count, monkeypatch):
    class Yielding:
        """Counts whose reader lets another thread have its turn."""

        def __getattr__(self, name):
            n = vars(self).get(f"_{name}", 0)
            time.sleep(1e-5)
            return n

        def __setattr__(self, name, n):
            vars(self)[f"_{name}"] = n

    monkeypatch.setattr("micrograd_opt.engine.state.counts", Yielding())
    with ThreadPoolExecutor(4) as pool:
        found = sum(pool.map(lambda _: [count() for _ in range(20)], range(4)), [])
    assert sorted(found) == list(range(1, 81))


def test_threads_that_share_a_compiled_function_take_turns(switching):
    def sums(run):
        rng = random.Random(1)
        compiled = compile(lambda x: (rand(3, rng=rng) * x).sum())
        return sorted(run(lambda n: compiled(Tensor([1.0, 2.0, 4.0])).item(), range(100)))

    alone = sums(map)  # of 100 draws of three numbers, in the order in which they are drawn
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert sums(pool.map) == alone


# ---- asyncio


def test_a_task_that_waits_within_no_grad_leaves_the_others_recording():
    async def waiting(started, go):
        with no_grad():
            started.set()
            await go.wait()
            return (Value(1.0) * 2.0).requires_grad

    async def main():
        started, go = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(waiting(started, go))
        await started.wait()
        found = slope()
        go.set()
        return found, await task, untouched()

    assert asyncio.run(main()) == (7.0, False, True)


def test_one_no_grad_object_serves_tasks_that_leave_in_any_order():
    shared = no_grad()

    async def one(enter, leave):
        await enter.wait()
        with shared:
            await leave.wait()
            quiet = not is_grad_enabled()
        return quiet and untouched()

    async def main():
        events = [asyncio.Event() for _ in range(4)]
        tasks = [asyncio.create_task(one(*events[:2])), asyncio.create_task(one(*events[2:]))]
        for event in (events[0], events[2], events[1], events[3]):
            event.set()
            await asyncio.sleep(0)
        return [await task for task in tasks], untouched()

    assert asyncio.run(main()) == ([True, True], True)


def test_a_decorated_async_function_keeps_no_graph_also_after_it_has_waited():
    @no_grad()
    async def quiet(n):
        """A docstring."""
        await asyncio.sleep(0)
        deeper = await quiet(n - 1) if n else True
        return deeper and not (Value(1.0) * 2.0).requires_grad

    async def main():
        found = await asyncio.gather(quiet(2), quiet(1))
        return found, slope(), untouched()

    assert asyncio.run(main()) == ([True, True], 7.0, True)
    assert quiet.__doc__ == "A docstring."


def test_a_cancelled_task_leaves_recording_on():
    async def endless():
        with no_grad():
            await asyncio.sleep(60)

    async def within():
        try:
            await asyncio.wait_for(endless(), 0.01)
        except TimeoutError:
            return slope(), untouched()

    async def main():
        task = asyncio.create_task(endless())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return slope(), untouched(), await within()

    assert asyncio.run(main()) == (7.0, True, (7.0, True))


def test_a_new_task_begins_with_what_its_maker_sees():
    async def recording():
        return is_grad_enabled()

    async def main():
        with no_grad():
            inside = asyncio.create_task(recording())
        return await inside, await asyncio.create_task(recording())

    assert asyncio.run(main()) == (False, True)


# ---- on the way out


def test_an_error_in_no_grad_a_module_or_both_leaves_the_state_as_it_was():
    class Failing(nn.Module):
        @no_grad()
        def forward(self, x):
            raise KeyError("mine")

    with pytest.raises(KeyError):
        Failing()(Value(1.0))
    assert untouched()


def test_no_grad_and_enable_grad_nest_to_any_depth():
    seen = []

    @no_grad()
    def down(n):
        if n:
            with enable_grad():
                seen.append(is_grad_enabled())
                down(n - 1)
                seen.append(is_grad_enabled())
        assert not is_grad_enabled()

    down(3)
    assert seen == [True] * 6 and untouched()


def test_a_generator_left_or_closed_within_no_grad_leaves_recording_on():
    def items():
        with no_grad():
            yield 1
            yield 2

    for _ in items():
        break
    assert untouched()
    held = items()
    next(held)
    with no_grad():  # the two overlap: neither is within the other
        held.close()
        assert not is_grad_enabled()
    assert untouched()
    abroad = items()
    in_thread(lambda: next(abroad))
    abroad.close()  # it was entered in a thread that is gone
    assert untouched()


@pytest.mark.parametrize("decorator", [no_grad, enable_grad])
def test_a_generator_function_is_not_to_be_decorated(decorator):
    def items():
        yield 1

    async def later():
        yield 1

    for function in (items, later):
        name = rf"{decorator.__name__}: .*{function.__name__} is a generator function"
        with pytest.raises(TypeError, match=name):
            decorator()(function)
