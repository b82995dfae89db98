"""Arrays without gradients: nested lists in and out, arithmetic, products, reductions."""

import copy
import itertools
import math
import operator
import pickle
import random
from math import inf, nan, prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from array_models import FULL_SHAPES, SHAPES, counting, elements, places
from micrograd_opt import Tensor
from micrograd_opt.array import ieee, kernels, shapes
from micrograd_opt.array.array import Array, concatenate


def nested(shape, numbers):
    """Nested lists of `shape`, filled from the iterator `numbers`."""
    if not shape:
        return next(numbers)
    return [nested(shape[1:], numbers) for _ in range(shape[0])]


# ---- nested lists


@given(SHAPES)
def test_tolist_gives_the_nested_lists_of_every_shape(shape):
    lists = nested(shape, iter(counting(shape).flat))
    assert counting(shape).tolist() == lists
    if 0 not in shape[:-1]:  # [] cannot say what would be in its rows
        again = Array.of(lists)
        assert (again.shape, again.flat) == (shape, counting(shape).flat)


@pytest.mark.parametrize("shape, lists", [
    ((0,), []), ((0, 3), []), ((3, 0), [[], [], []]), ((2, 0, 3), [[], []]), ((1, 1), [[1.0]]),
    ((), 1.0),
])  # fmt: skip
def test_tolist_of_empty_and_single_shapes(shape, lists):
    assert counting(shape).tolist() == lists


def test_tolist_hands_out_a_copy():
    a = Array.of([1, 2])
    a.tolist()[0] = 9.0
    assert a.tolist() == [1.0, 2.0]


def test_tuples_numbers_and_whatever_has_tolist_make_arrays():
    assert Array.of(((1, 2), [3, True])).tolist() == [[1.0, 2.0], [3.0, 1.0]]
    assert Array.of(2).shape == ()
    a = Array.of([1.0])
    assert Array.of(a) is a
    assert all(type(x) is float for x in Array.of([[1, True]]).flat)


def test_numpy_arrays_make_arrays():
    np = pytest.importorskip("numpy")
    a = Array.of(np.arange(6, dtype=np.float32).reshape(1, 3, 2))
    assert (a.shape, a.flat) == ((1, 3, 2), (0.0, 1.0, 2.0, 3.0, 4.0, 5.0))
    assert Array.of([np.float32(0.5), np.int64(2)]).tolist() == [0.5, 2.0]
    assert Array.of(np.zeros((2, 0))).shape == (2, 0)


def test_tensors_of_pytorch_make_arrays():
    torch = pytest.importorskip("torch")
    assert Array.of(torch.ones(2, 3, requires_grad=True)).tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize("data, message", [
    ([[1, 2], [3]], r"data\[1\] has 1 elements, its neighbours have 2"),
    ([[1, 2], 3], r"data\[1\] is no list, its neighbours have 2"),
    ([1, [2]], r"data\[1\] is a list, its neighbours are numbers"),
    ([[[1], [2]], [[3], [4, 5]]], r"data\[1\]\[1\] has 2 elements, its neighbours have 1"),
    ([[], [1]], r"data\[1\] has 1 elements, its neighbours have 0"),
])  # fmt: skip
def test_ragged_lists_name_the_place(data, message):
    with pytest.raises(ValueError, match=f"ragged lists: {message}"):
        Array.of(data)


@pytest.mark.parametrize("data, message", [
    ([[1.0, "a"]], r"data\[0\]\[1\]: expected a real number, got str: 'a'"),
    ([1.0, None], r"data\[1\]: expected a real number, got NoneType"),
    (1j, r"data: expected a real number, got complex"),
    ("12", r"data: expected a real number, got str"),
    ({1.0}, r"data: expected a real number, got set"),
    ([Tensor(1.0)], r"data\[0\]: .*got Tensor.*its gradient would be lost"),
])  # fmt: skip
def test_what_is_no_number_is_refused_with_its_place(data, message):
    with pytest.raises(TypeError, match=message):
        Array.of(data)


def test_item_and_float_take_the_only_element():
    assert Array.of([[3]]).item() == float(Array.of(3)) == 3.0
    with pytest.raises(ValueError, match=r"item: needs one element, shape \(2,\) has 2"):
        Array.of([1, 2]).item()
    with pytest.raises(ValueError, match=r"shape \(0,\) has 0"):
        Array.of([]).item()


def test_an_array_shows_its_numbers_or_its_shape():
    assert repr(Array.of([[1, 2]])) == "Array([[1.0, 2.0]])"
    assert repr(Array.full((13,), 0.0)) == "Array(shape=(13,))"


def test_arrays_are_equal_in_shape_and_numbers():
    assert Array.of([1, 2]) == Array.of([1.0, 2.0])
    assert Array.of([1, 2]) != Array.of([1, 3])
    assert Array.of([1, 2]) != Array.of([[1, 2]])
    assert Array.of(1) != 1.0
    with pytest.raises(TypeError):
        hash(Array.of(1))


def test_truth_asks_for_one_element():
    assert Array.of(2) and not Array.of([[0.0]])
    with pytest.raises(ValueError, match=r"bool: shape \(2,\) has 2 elements"):
        bool(Array.of([1, 2]))


def test_an_array_cannot_be_written_to():
    with pytest.raises(TypeError, match="an Array never changes; assign a new one"):
        Array.of([1, 2])[0] = 3


def test_length_and_iteration_go_by_rows():
    a = counting((3, 2))
    assert len(a) == 3
    assert [row.tolist() for row in a] == a.tolist()
    for fails in (len, list):
        with pytest.raises(TypeError, match="0-d"):
            fails(Array.of(1))


# ---- arithmetic


@given(SHAPES, SHAPES)
def test_operators_broadcast(x_shape, y_shape):
    x, y = counting(x_shape), counting(y_shape) * 10.0
    sizes = list(itertools.zip_longest(x_shape[::-1], y_shape[::-1], fillvalue=1))
    if any(n != m and 1 not in (n, m) for n, m in sizes):
        with pytest.raises(ValueError, match="do not broadcast"):
            x + y
        return
    shape = tuple(m if n == 1 else n for n, m in sizes)[::-1]
    xs, ys = elements(x.expand(shape)), elements(y.expand(shape))
    for op in (operator.add, operator.sub, operator.mul, operator.truediv):
        assert op(x, y).shape == shape
        assert elements(op(x, y)) == {place: op(xs[place], ys[place]) for place in xs}


def test_a_number_stands_on_either_side():
    a = Array.of([1.0, 4.0])
    assert [(a + 1).tolist(), (1 + a).tolist()] == [[2.0, 5.0]] * 2
    assert [(a - 1).tolist(), (1 - a).tolist()] == [[0.0, 3.0], [0.0, -3.0]]
    assert [(a * 2).tolist(), (2 * a).tolist()] == [[2.0, 8.0]] * 2
    assert [(a / 2).tolist(), (2 / a).tolist()] == [[0.5, 2.0], [2.0, 0.5]]
    assert [(a**2).tolist(), (2**a).tolist()] == [[1.0, 16.0], [2.0, 16.0]]
    assert [(-a).tolist(), abs(-a).tolist()] == [[-1.0, -4.0], [1.0, 4.0]]


def test_numpy_leaves_the_arithmetic_to_the_array():
    np = pytest.importorskip("numpy")
    a = Array.of([1.0, 4.0])
    for op in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        for two in (np.float64(2), np.float32(2), np.int64(2), np.array(2.0)):
            assert op(two, a) == op(2.0, a)
            assert op(a, two) == op(a, 2.0)
        for x, y in ((a, np.array([1.0, 2.0])), (np.array([1.0, 2.0]), a)):
            with pytest.raises(TypeError):
                op(x, y)


def test_arithmetic_goes_on_where_python_would_raise():
    a = Array.of([1.0, 0.0, -1.0])
    assert (a / 0.0).flat[0] == inf and math.isnan((a / 0.0).flat[1])
    assert (a / 0.0).flat[2] == -inf
    assert (Array.of([1e300, 2.0]) ** 2).tolist() == [inf, 4.0]


@pytest.mark.parametrize("other", ["a", None, [1.0, 2.0], 1j])
def test_arithmetic_with_what_is_no_number_is_refused(other):
    for op in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        for x, y in ((Array.of([1, 2]), other), (other, Array.of([1, 2]))):
            with pytest.raises(TypeError):
                op(x, y)


# ---- products and reductions


@pytest.mark.parametrize("x, y, out", [
    ((3,), (3,), ()), ((2, 3), (3,), (2,)), ((3,), (3, 4), (4,)), ((2, 3), (3, 4), (2, 4)),
    ((5, 2, 3), (3, 4), (5, 2, 4)), ((5, 2, 3), (3,), (5, 2)), ((3,), (5, 3, 4), (5, 4)),
    ((2, 3), (5, 3, 4), (5, 2, 4)), ((5, 2, 3), (5, 3, 4), (5, 2, 4)),
    ((1, 2, 3), (5, 3, 4), (5, 2, 4)), ((6, 1, 2, 3), (5, 3, 4), (6, 5, 2, 4)),
    ((6, 5, 2, 3), (6, 5, 3, 4), (6, 5, 2, 4)), ((5, 1, 3), (3, 1), (5, 1, 1)),
    ((0,), (0,), ()), ((2, 0), (0, 3), (2, 3)), ((0, 3), (3, 2), (0, 2)), ((0, 2, 3), (3,), (0, 2)),
    ((2, 3), (3, 0), (2, 0)), ((4, 2, 0), (0, 3), (4, 2, 3)), ((4, 2, 0), (4, 0, 3), (4, 2, 3)),
])  # fmt: skip
def test_a_product_sums_over_the_inner_dim_and_broadcasts_the_others(x, y, out):
    a, b = counting(x), counting(y)
    c = a @ b
    assert c.shape == out
    left, right = ((1, *x) if len(x) == 1 else x), ((*y, 1) if len(y) == 1 else y)
    batch = shapes.broadcast(left[:-2], right[:-2])
    full = (*batch, left[-2], right[-1])
    xs = elements(a.reshape(left).expand(*batch, *left[-2:]))
    ys = elements(b.reshape(right).expand(*batch, *right[-2:]))
    assert list(c.flat) == [
        sum(xs[*bs, i, k] * ys[*bs, k, j] for k in range(left[-1]))
        for *bs, i, j in places(full)
    ]  # fmt: skip


@given(SHAPES, st.data())
def test_sum_mean_and_var_follow_their_formulas_over_any_dims(shape, data):
    dims = data.draw(st.none() | st.sets(st.sampled_from(range(len(shape) or 1))))
    assume(shape or not dims)
    a = counting(shape)
    over = range(len(shape)) if dims is None else dims
    lanes = {}
    for place, x in elements(a).items():
        lanes.setdefault(tuple(i for d, i in enumerate(place) if d not in over), []).append(x)
    n = prod(shape[d] for d in over)
    kept = tuple(m for d, m in enumerate(shape) if d not in over)
    dim = None if dims is None else tuple(dims)
    total, mean, var = a.sum(dim), a.mean(dim), a.var(dim, unbiased=False)
    assert total.shape == mean.shape == var.shape == kept
    for place in places(kept):
        lane = lanes.get(place, [])
        assert elements(total)[place] == sum(lane)
        if not n:
            assert math.isnan(elements(mean)[place]) and math.isnan(elements(var)[place])
            continue
        centre = sum(lane) / n
        assert elements(mean)[place] == pytest.approx(centre, rel=1e-14)
        spread = sum((x - centre) ** 2 for x in lane)
        assert elements(var)[place] == pytest.approx(spread / n, rel=1e-12)
        unbiased = elements(a.var(dim))[place]
        assert math.isnan(unbiased) if n == 1 else unbiased == pytest.approx(spread / (n - 1))
    wide = a.sum(dim, keepdim=True)
    assert wide.shape == tuple(1 if d in over else m for d, m in enumerate(shape))
    assert wide.flat == total.flat


def test_over_no_dims_a_reduction_changes_nothing():
    a = counting((2, 3))
    assert a.sum(()) == a.mean(()) == a
    assert a.sum([]).shape == (2, 3)


def test_the_sum_and_the_mean_of_nothing():
    assert Array.of([]).sum().item() == 0.0
    assert math.isnan(Array.of([]).mean().item())
    assert counting((0, 2)).sum(0).tolist() == [0.0, 0.0]
    assert counting((0, 2)).sum(1).shape == (0,)


@given(FULL_SHAPES, st.randoms(), st.data())
def test_max_min_and_argmax_find_the_first_of_the_extremes(shape, random, data):
    assume(shape)
    a = Array([float(random.randint(0, 4)) for _ in range(prod(shape))], shape)
    d = data.draw(st.integers(0, len(shape) - 1))
    lanes = {}
    for place, x in elements(a).items():
        lanes.setdefault(place[:d] + place[d + 1 :], []).append(x)
    for place, lane in lanes.items():
        assert elements(a.max(d).values)[place] == max(lane)
        assert elements(a.min(d - len(shape)).values)[place] == min(lane)
        assert elements(a.argmax(d))[place] == lane.index(max(lane))
    kept = (*shape[:d], 1, *shape[d + 1 :])
    for find in (a.max, a.min, a.argmax):
        found = find(d, keepdim=True)
        for x in (found,) if isinstance(found, Array) else found:
            assert x.shape == kept
        assert find(keepdim=True).shape == (1,) * len(shape)
    assert (a.max().item(), a.min().item()) == (max(a.flat), min(a.flat))
    assert a.argmax().item() == a.flat.index(max(a.flat))


def test_the_largest_of_no_rows_is_no_row():
    assert counting((0, 3)).max(1).values.shape == (0,)
    assert counting((0, 3)).argmax(1).shape == (0,)


@given(FULL_SHAPES, st.data())
def test_scatter_add_puts_back_what_gather_picks(shape, data):
    assume(shape)
    d = data.draw(st.integers(0, len(shape) - 1))
    wanted = (*shape[:d], data.draw(st.integers(0, 3)), *shape[d + 1 :])
    picks = data.draw(
        st.lists(st.integers(0, shape[d] - 1), min_size=prod(wanted), max_size=prod(wanted))
    )
    a, index = counting(shape), Array([float(i) for i in picks], wanted)
    source, picked = elements(a), elements(a.gather(d, index))
    back = dict.fromkeys(source, 0.0)
    for place, i in elements(index).items():
        there = (*place[:d], int(i), *place[d + 1 :])
        assert picked[place] == source[there]
        back[there] += source[there]
    assert elements(a.gather(d, index).scatter_add(d, index, shape[d])) == back


def test_index_add_sums_the_rows_that_meet():
    rows = counting((3, 2)).index_add(Array.of([1, 0, 1]), 3)
    assert rows.tolist() == [[3.0, 4.0], [6.0, 8.0], [0.0, 0.0]]


@given(st.integers(0, 2), st.lists(st.integers(0, 2), min_size=1, max_size=3), st.data())
def test_concatenate_lays_the_arrays_side_by_side(d, sizes, data):
    ndim = data.draw(st.integers(d + 1, 3))
    shape = [data.draw(st.integers(0, 2)) for _ in range(ndim)]
    arrays = [counting((*shape[:d], n, *shape[d + 1 :])) * 10.0**i for i, n in enumerate(sizes)]
    joined = concatenate(arrays, d)
    assert joined.shape == (*shape[:d], sum(sizes), *shape[d + 1 :])
    start = 0
    for a, n in zip(arrays, sizes, strict=True):
        assert joined[(slice(None),) * d + (slice(start, start + n),)] == a
        start += n


@given(FULL_SHAPES, st.data())
def test_softmax_normalises_along_its_dim_and_log_softmax_is_its_logarithm(shape, data):
    assume(shape)
    d = data.draw(st.integers(0, len(shape) - 1))
    a = counting(shape) / 3.0
    p, log_p = a._by_lane(d, kernels.softmax), a._by_lane(d, kernels.log_softmax)
    for total in p.sum(d).flat:
        assert total == pytest.approx(1.0, rel=1e-14)
    for x, log_x in zip(p.flat, log_p.flat, strict=True):
        assert log_x == pytest.approx(math.log(x), rel=1e-12, abs=1e-12)


def test_softmax_of_nothing_and_of_infinities():
    for kernel in (kernels.softmax, kernels.log_softmax):
        assert counting((0,))._by_lane(0, kernel).tolist() == kernel([]) == []
    assert kernels.softmax([-inf, 0.0]) == [0.0, 1.0]
    assert kernels.log_softmax([-inf, 0.0]) == [-inf, 0.0]
    assert all(map(math.isnan, kernels.softmax([nan, 0.0])))


# ---- the small parts


def test_dot_is_a_sum_of_products():
    assert kernels.dot([1.0, 2.0], [3.0, 4.0]) == 11.0
    assert kernels.dot([], []) == 0.0


def test_an_ieee_function_keeps_its_name_and_its_fast_half():
    assert (ieee.exp.__name__, ieee.exp.fast) == ("exp", math.exp)
    assert ieee.exp(1.0) == math.e


def test_comparisons_of_floats_are_one_or_zero():
    numbers = [0.0, -0.0, 1.0, -2.0, inf, nan]
    for op in (operator.gt, operator.ge, operator.lt, operator.le, operator.eq, operator.ne):
        for x, y in itertools.product(numbers, numbers):
            assert getattr(ieee, op.__name__)(x, y) == float(op(x, y))


@pytest.mark.parametrize("k", [1, 2, 5, 63, 64, 65, 200])
def test_products_are_those_of_dot_to_the_bit_also_where_they_are_spelt_out(k):
    rng = random.Random(k)
    left, right = [[[rng.gauss(0.0, 1.0) for _ in range(k)] for _ in range(n)] for n in (3, 4)]
    left.append([-0.0] * k)
    found = kernels.products(left, right)
    expected = [kernels.dot(a, b) for a in left for b in right]
    assert [x.hex() for x in map(float, found)] == [x.hex() for x in map(float, expected)]


def test_products_of_no_lanes_are_none():
    assert kernels.products([], [[1.0]]) == kernels.products([[1.0]], []) == []


def test_nothing_of_an_array_can_be_written():
    numbers = [1.0, 2.0]
    a = Array(numbers, (2,))
    numbers[0] = 9.0
    assert a.tolist() == [1.0, 2.0]
    a.tolist()[0] = 9.0
    assert a.flat == (1.0, 2.0)
    for write in (
        lambda: setattr(a, "flat", (9.0, 9.0)),
        lambda: setattr(a, "shape", (1, 2)),
        lambda: delattr(a, "flat"),
        lambda: a.__setitem__(0, 9.0),
        lambda: a.flat.__setitem__(0, 9.0),
    ):
        with pytest.raises((TypeError, AttributeError), match="never changes|__setitem__"):
            write()
    assert (a.flat, a.shape) == ((1.0, 2.0), (2,))


def test_an_array_is_copied_and_pickled_with_its_numbers():
    a = Array([1.0, 2.0], (1, 2))
    for again in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert again == a
