"""Datasets, splits, loaders and samplers, the generators, and the embedded data."""

import json
import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_opt import Tensor, Value
from micrograd_opt.data import (
    DataLoader,
    RandomSampler,
    TensorDataset,
    load_digits,
    load_iris,
    make_moons,
    make_xor,
    random_split,
)

quick = settings(deadline=None, max_examples=60)


def numbered(n, **kwargs):
    """n samples: x = (i, −i), y = i."""
    return TensorDataset([[i, -i] for i in range(n)], list(range(n)), **kwargs)


def places(batches):
    """The label, here the place, of each sample in order."""
    return [int(i) for _, y in batches for i in y.tolist()]


# ---- TensorDataset


def test_an_int_gives_a_tuple_of_rows_and_a_list_or_a_slice_a_tuple_of_batches():
    dataset = numbered(5)
    x, y = dataset[3]
    assert (x.tolist(), y.item(), x.shape, y.shape) == ([3.0, -3.0], 3.0, (2,), ())
    assert dataset[-1][1].item() == 4.0
    x, y = dataset[[3, 1, 1]]
    assert (x.tolist(), y.tolist()) == ([[3, -3], [1, -1], [1, -1]], [3, 1, 1])
    assert dataset[1:4:2][1].tolist() == [1, 3]
    assert dataset[[]][0].shape == (0, 2)


def test_a_dataset_keeps_its_tensors_its_length_and_its_names():
    x = Tensor([[1.0], [2.0]])
    dataset = TensorDataset(x, [0, 1], classes=["cat", "dog"])
    assert dataset.tensors[0] is x and isinstance(dataset.tensors[1], Tensor)
    assert len(dataset) == 2 and dataset.classes == ("cat", "dog")
    assert TensorDataset(x).classes is None
    assert repr(numbered(3)) == "TensorDataset(3 samples: (2,), ())"


def test_iterating_visits_every_sample_once():
    assert [y.item() for _, y in numbered(4)] == [0, 1, 2, 3]


def test_samples_are_constants_that_follow_the_tensor_when_its_data_is_assigned():
    x = Tensor([1.0, 2.0], requires_grad=True)
    dataset = TensorDataset(x)
    x.data = [3.0, 4.0]
    (row,) = dataset[1]
    assert row.item() == 4.0 and not row.requires_grad


@pytest.mark.parametrize(
    ("tensors", "found"),
    [
        ([], "none"),
        ([[[1, 2], [3, 4]], [1, 2, 3]], r"\(2, 2\), \(3,\)"),
        ([5.0], r"\(\)"),
        ([[]], r"\(0,\)"),
    ],
)
def test_tensors_without_a_common_number_of_samples_are_refused(tensors, found):
    with pytest.raises(ValueError, match=f"shapes {found}; each needs the same first size"):
        TensorDataset(*tensors)


@pytest.mark.parametrize("key", [(0, 1), None, ..., "0", 1.0, True, [0, 1.5]])
def test_a_key_that_names_no_samples_is_a_type_error(key):
    with pytest.raises(TypeError):
        numbered(3)[key]


def test_a_sample_out_of_range_and_a_string_of_classes_are_refused():
    with pytest.raises(IndexError, match="3 is out of range for size 3"):
        numbered(3)[3]
    with pytest.raises(IndexError, match="-4 is out of range"):
        numbered(3)[[0, -4]]
    with pytest.raises(TypeError, match="classes must be a list of names, got 'ab'"):
        numbered(2, classes="ab")
    with pytest.raises(TypeError):
        TensorDataset([Value(1.0)])


# ---- random_split


@quick
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 99))
def test_a_split_deals_each_sample_to_exactly_one_part(counts, seed):
    dataset = numbered(sum(counts), classes=["a"])
    parts = random_split(dataset, counts, rng=random.Random(seed))
    assert [len(part) for part in parts] == counts
    assert sorted(places(part.tensors for part in parts)) == list(range(len(dataset)))
    assert all(x.tolist() == [y.item(), -y.item()] for part in parts for x, y in part)
    assert all(part.classes == ("a",) for part in parts)


@pytest.mark.parametrize(
    ("n", "fractions", "sizes"),
    [
        (10, [0.75, 0.25], [8, 2]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (11, [0.5, 0.3, 0.2], [6, 3, 2]),
        (100, [0.7, 0.2, 0.1], [70, 20, 10]),
        (7, [1.0], [7]),
        (100, [0.71, 0.29], [72, 28]),  # 100 * 0.29 is 28.999999999999996
    ],
)
def test_fractions_round_down_and_the_first_parts_get_the_rest_as_in_pytorch(n, fractions, sizes):
    assert [len(part) for part in random_split(numbered(n), fractions)] == sizes
    torch = pytest.importorskip("torch")
    theirs = torch.utils.data.random_split(range(n), fractions)
    assert [len(part) for part in theirs] == sizes


def test_a_split_repeats_with_the_same_seed_and_shuffles():
    def dealt(seed):
        parts = random_split(numbered(50), [0.5, 0.5], rng=random.Random(seed))
        return places(part.tensors for part in parts)

    assert dealt(1) == dealt(1) != dealt(2)
    assert dealt(1) != sorted(dealt(1))


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([3, 4], ValueError, r"lengths \[3, 4\] add up to 7, not to the 10 samples"),
        ([], ValueError, "add up to 0"),
        ([11, -1], ValueError, r"parts of \[11, -1\]"),
        ([10, 0], ValueError, "each needs at least one"),
        ([0.5, 0.4], ValueError, "add up to 0.9, not to 1"),
        ([1.5, -0.5], ValueError, r"parts of \[15, -5\]"),
        ([0.99, 0.01], ValueError, r"\[0.99, 0.01\] of 10 samples gives parts of \[10, 0\]"),
        ([math.nan, 1.0], ValueError, "add up to nan"),
        ([math.inf, -math.inf], ValueError, "add up to nan"),
        ([True, 9], TypeError, "True"),
        (["8", "2"], TypeError, "expected a real number, got str"),
    ],
)
def test_lengths_that_do_not_add_up_are_refused_with_the_numbers(lengths, error, message):
    with pytest.raises(error, match=message):
        random_split(numbered(10), lengths)


# ---- DataLoader


sizes = st.integers(1, 40)


@quick
@given(n=sizes, batch_size=st.integers(1, 50), shuffle=st.booleans(), seed=st.integers(0, 99))
def test_an_epoch_has_each_sample_once_in_batches_of_one_size_but_the_last(
    n, batch_size, shuffle, seed
):
    loader = DataLoader(numbered(n), batch_size, shuffle=shuffle, rng=random.Random(seed))
    for _ in range(2):
        batches = list(loader)
        counts = [len(x) for x, _ in batches]
        assert len(batches) == len(loader) == math.ceil(n / batch_size)
        assert all(count == batch_size for count in counts[:-1])
        assert 1 <= counts[-1] <= batch_size
        assert sorted(places(batches)) == list(range(n))
        assert shuffle or places(batches) == list(range(n))
        assert all(x.tolist() == [[i, -i] for i in y.tolist()] for x, y in batches)


@quick
@given(n=sizes, batch_size=st.integers(1, 50), seed=st.integers(0, 99))
def test_batch_means_weighted_by_size_give_the_mean_of_the_epoch(n, batch_size, seed):
    loader = DataLoader(numbered(n), batch_size, shuffle=True, rng=random.Random(seed))
    weighted = sum(y.mean().item() * len(y) for _, y in loader) / n
    assert weighted == pytest.approx((n - 1) / 2, rel=1e-12)


@quick
@given(n=sizes, data=st.data())
def test_drop_last_gives_full_batches_alone(n, data):
    batch_size = data.draw(st.integers(1, n))
    loader = DataLoader(numbered(n), batch_size, drop_last=True)
    assert places(loader) == list(range(n // batch_size * batch_size))
    assert len(loader) == len(list(loader)) == n // batch_size


def test_each_epoch_is_shuffled_anew_and_a_seed_repeats_them_all():
    def epochs(seed):
        loader = DataLoader(numbered(20), 3, shuffle=True, rng=random.Random(seed))
        return [places(loader) for _ in range(3)]

    first = epochs(5)
    assert first == epochs(5) != epochs(6)
    assert all(a != b for a, b in pairwise(first))


def test_without_an_rng_the_random_module_shuffles():
    loader = DataLoader(numbered(20), 3, shuffle=True)
    random.seed(3)
    first = places(loader)
    random.seed(3)
    assert places(loader) == first


def test_a_batch_larger_than_the_dataset_is_one_short_batch():
    ((x, y),) = DataLoader(numbered(3), 100)
    assert (x.shape, y.shape) == ((3, 2), (3,))


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be in .1, 2, …., got 0"),
        ({"batch_size": -1}, ValueError, "in .1, 2, …., got -1"),
        ({"batch_size": 2.5}, ValueError, "batch_size must be in .1, 2, …., got 2.5"),
        ({"batch_size": True}, TypeError, "must be a number in .1, 2, …., got True"),
        ({"batch_size": [3]}, TypeError, r"must be a number in .1, 2, ….: .* got list"),
        ({"batch_size": 11, "drop_last": True}, ValueError, "10 samples make no batch of 11"),
        ({"sampler": []}, ValueError, "0 samples make no batch"),
        ({"sampler": [1, 2], "shuffle": True}, ValueError, "leave out shuffle and rng"),
        ({"sampler": [1, 2], "rng": random.Random(0)}, ValueError, "leave out shuffle and rng"),
        ({"shuffle": True, "rng": 0}, TypeError, r"got 0; pass rng=random.Random\(0\)"),
        ({"rng": 7}, TypeError, r"got 7; pass rng=random.Random\(7\)"),
    ],
)
def test_arguments_that_would_give_no_or_wrong_batches_are_refused(kwargs, error, message):
    with pytest.raises(error, match=message):
        DataLoader(numbered(10), **kwargs)


def test_a_loader_takes_a_tensor_dataset_and_nothing_else():
    with pytest.raises(TypeError, match="expected a TensorDataset, got list"):
        DataLoader([[1.0], [2.0]])


def test_a_loader_shows_the_generator_whose_state_the_caller_saves():
    rng, dataset = random.Random(0), numbered(3)
    assert DataLoader(dataset, shuffle=True, rng=rng).rng is rng
    assert DataLoader(dataset, sampler=RandomSampler(dataset, rng=rng)).rng is rng
    assert DataLoader(dataset, shuffle=True).rng is random
    assert DataLoader(dataset).rng is DataLoader(dataset, sampler=[2, 0]).rng is None


def test_reprs_are_short():
    assert repr(DataLoader(numbered(10), 3, drop_last=True)) == (
        "DataLoader(3 batches of 3 from 10 samples)"
    )
    assert repr(RandomSampler(numbered(10), num_samples=4)) == (
        "RandomSampler(4 of 10 samples, with replacement)"
    )


# ---- the sampler for contrast


def test_independent_draws_miss_a_good_third_of_the_samples():
    n = 2000
    loader = DataLoader(numbered(n), 32, sampler=RandomSampler(numbered(n), rng=random.Random(0)))
    drawn = places(loader)
    assert len(drawn) == n
    missed = 1 - len(set(drawn)) / n
    assert missed == pytest.approx((1 - 1 / n) ** n, abs=0.03)  # 5 standard deviations
    assert places(loader) != drawn


def test_a_sampler_sets_the_number_and_the_order_of_samples():
    dataset = numbered(5)
    loader = DataLoader(dataset, 2, sampler=[4, 0, 4])
    assert len(loader) == 2 and places(loader) == [4, 0, 4]
    assert len(DataLoader(dataset, 4, sampler=RandomSampler(dataset, num_samples=9))) == 3
    several = list(RandomSampler(dataset, replacement=False, num_samples=4))
    assert len(set(several)) == 4


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_samples": 0}, "num_samples must be in .1, 2, …., got 0"),
        ({"num_samples": 6, "replacement": False}, "cannot draw 6 of 5 without replacement"),
    ],
)
def test_a_sampler_refuses_counts_it_cannot_draw(kwargs, message):
    with pytest.raises(ValueError, match=message):
        RandomSampler(numbered(5), **kwargs)


# ---- resuming


@quick
@given(
    n=st.integers(1, 25),
    batch_size=st.integers(1, 8),
    kind=st.sampled_from(["shuffle", "in order", "drop_last", "i.i.d."]),
    data=st.data(),
)
def test_resuming_at_any_place_gives_the_batches_that_remained(n, batch_size, kind, data):
    batch_size = min(n, batch_size)

    def make(seed):
        dataset, rng = numbered(n), random.Random(seed)
        if kind == "i.i.d.":
            loader = DataLoader(dataset, batch_size, sampler=RandomSampler(dataset, rng=rng))
        elif kind == "in order":
            loader = DataLoader(dataset, batch_size)
        else:
            loader = DataLoader(dataset, batch_size, True, drop_last=kind == "drop_last", rng=rng)
        return loader, rng

    loader, rng = make(1)
    for _ in loader:  # one epoch before the one that is interrupted
        pass
    done = data.draw(st.integers(0, len(loader)))
    iterator = iter(loader)
    for _ in range(done):
        next(iterator)
    saved = json.loads(json.dumps(loader.state_dict()))
    generator = rng.getstate()
    expected = [places(iterator), places(loader), places(loader)]

    resumed, rng = make(2)
    resumed.load_state_dict(saved)
    rng.setstate(generator)
    assert resumed.state_dict() == saved
    assert [places(resumed), places(resumed), places(resumed)] == expected


def test_the_state_counts_the_batch_in_hand_and_is_empty_between_epochs():
    loader = DataLoader(numbered(5), 2)
    between = {"order": None, "position": 0}
    assert loader.state_dict() == between
    positions = [loader.state_dict()["position"] for _ in loader]
    assert positions == [2, 4, 5]
    assert loader.state_dict() == between


def test_the_state_between_epochs_starts_a_new_one():
    loader = DataLoader(numbered(5), 2)
    next(iter(loader))
    loader.load_state_dict({"order": None, "position": 0})
    assert places(loader) == [0, 1, 2, 3, 4]


def test_a_loop_that_breaks_and_starts_again_begins_a_new_epoch():
    loader = DataLoader(numbered(30), 4, shuffle=True, rng=random.Random(0))
    for _ in loader:
        break
    broken = loader.state_dict()["order"]
    again = places(loader)
    assert sorted(again) == list(range(30)) and again != broken


def test_a_pass_inside_another_leaves_the_outer_one_resumable():
    loader = DataLoader(numbered(12), 4, shuffle=True, rng=random.Random(0))
    outer = iter(loader)
    next(outer)
    assert len(list(loader)) == 3
    next(outer)
    resumed = DataLoader(numbered(12), 4, shuffle=True)
    resumed.load_state_dict(loader.state_dict())
    assert places(resumed) == places(outer)


def test_a_state_is_a_copy():
    loader = DataLoader(numbered(4), 2)
    iterator = iter(loader)
    state = loader.state_dict()
    state["order"].reverse()
    assert places(iterator) == [0, 1, 2, 3]
    loader.load_state_dict(state)
    state["order"].sort()
    assert places(loader) == [3, 2, 1, 0]


ORDER = [2, 0, 1]


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (None, TypeError, "DataLoader must be a dict, got NoneType: None"),
        ({"order": ORDER}, ValueError, "missing position; unexpected nothing"),
        ({"order": ORDER, "position": 0, "more": 1}, ValueError, "nothing; unexpected more"),
        ({"order": ORDER, "position": 4}, ValueError, "position 4 is not one of 0 … 3"),
        ({"order": ORDER, "position": -1}, ValueError, "position must be in .*, got -1"),
        ({"order": ORDER, "position": 1.0}, ValueError, "position must be in .*, got 1.0"),
        ({"order": ORDER, "position": True}, TypeError, "position must be a number .*, got True"),
        ({"order": None, "position": 1}, ValueError, "position 1 is not one of 0 … 0"),
        ({"order": "201", "position": 0}, TypeError, "order must be a list, got '201'"),
        ({"order": [2, 0, 1.0], "position": 0}, ValueError, r"order\[2\] must be in .*, got 1.0"),
        ({"order": [True, 0, 2], "position": 0}, TypeError, r"order\[0\] must be a .*, got True"),
        ({"order": [1, 0], "position": 0}, ValueError, "order has 2 samples, .* epoch has 3"),
        ({"order": [3, 0, 1], "position": 0}, ValueError, "order has row 3, but there are 0 … 2"),
        ({"order": [-1, 0, 1], "position": 0}, ValueError, r"order\[0\] must be in .*, got -1"),
        ({"order": [1, 0, 1], "position": 0}, ValueError, "names a sample twice"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(state, error, message):
    loader = DataLoader(numbered(3), 1, shuffle=True)
    next(iter(loader))
    before = loader.state_dict()
    with pytest.raises(error, match=message):
        loader.load_state_dict(state)
    assert loader.state_dict() == before
    assert len(places(loader)) == 3


def test_independent_draws_may_name_a_sample_twice_in_a_state():
    dataset = numbered(3)
    loader = DataLoader(dataset, sampler=RandomSampler(dataset))
    loader.load_state_dict({"order": [1, 1, 1], "position": 1})
    assert places(loader) == [1, 1]


# ---- generators


def test_moons_are_two_half_circles():
    x, y = make_moons(7, shuffle=False).tensors
    root = math.sqrt(0.5)
    expected = [
        [1, 0], [0, 1], [-1, 0],
        [0, 0.5], [0.5, 0.5 - math.sin(math.pi / 3)], [1.5, 0.5 - math.sin(math.pi / 3)], [2, 0.5],
    ]  # fmt: skip
    assert y.tolist() == [0, 0, 0, 1, 1, 1, 1]
    for row, (a, b) in zip(x.tolist(), expected, strict=True):
        assert row == pytest.approx([a, b], abs=1e-15)
    eighth = make_moons(10, shuffle=False).tensors[0].tolist()[1]
    assert eighth == pytest.approx([root, root])


def test_shuffling_moons_permutes_the_same_samples():
    def samples(shuffle):
        moons = make_moons(30, noise=0.2, shuffle=shuffle, rng=random.Random(4))
        return [(*x.tolist(), y.item()) for x, y in moons]

    assert sorted(samples(True)) == sorted(samples(False))
    assert samples(True) == samples(True) != samples(False)


def test_noise_is_normal_with_the_given_standard_deviation():
    noisy = make_moons(2000, noise=0.3, shuffle=False, rng=random.Random(0)).tensors[0]
    noise = noisy - make_moons(2000, shuffle=False).tensors[0]
    assert noise.std(0).tolist() == pytest.approx([0.3, 0.3], rel=0.06)  # 4 standard deviations
    assert noise.mean(0).tolist() == pytest.approx([0.0, 0.0], abs=0.03)


def test_xor_is_the_four_corners_again_and_again():
    x, y = make_xor().tensors
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] and y.tolist() == [0, 1, 1, 0]
    x, y = make_xor(10, noise=0.1, rng=random.Random(1)).tensors
    assert y.tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0, 1]
    assert x[[4, 5]].tolist() != [[0, 0], [0, 1]]
    assert x[[4, 5]].tolist() == [pytest.approx([0, 0], abs=0.5), pytest.approx([0, 1], abs=0.5)]


def test_without_noise_nothing_is_drawn():
    random.seed(8)
    before = random.getstate()
    make_xor(8)
    make_moons(10, shuffle=False)
    assert random.getstate() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: make_moons(1), ValueError, "make_moons: n_samples must be in .2, 3, …., got 1"),
        (lambda: make_moons(10.0), ValueError, "must be in .2, 3, …., got 10.0"),
        (lambda: make_moons(noise=-0.1), ValueError, "noise must be .* got -0.1"),
        (lambda: make_moons(noise=math.nan), ValueError, "got nan"),
        (lambda: make_moons(noise=math.inf), ValueError, "got inf"),
        (lambda: make_moons(noise="1"), TypeError, "expected a real number"),
        (lambda: make_moons(rng=0), TypeError, "expected a random.Random, got 0"),
        (lambda: make_xor(3), ValueError, "make_xor: n_samples must be in .4, 5, …., got 3"),
        (lambda: make_xor(noise=-1), ValueError, "got -1"),
        (lambda: make_xor(rng="seed"), TypeError, "got 'seed'"),
    ],
)
def test_bad_arguments_of_a_generator_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# ---- embedded data


def test_digits_are_the_known_images():
    digits = load_digits()
    x, y = digits.tensors
    assert (x.shape, y.shape, digits.classes) == ((1797, 64), (1797,), tuple("0123456789"))
    assert [y.tolist().count(d) for d in range(10)] == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
    ]  # fmt: skip
    assert y[:10].tolist() == list(range(10))
    assert (x[0, :8] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert x.min().item() == 0.0 and x.max().item() == 1.0
    assert x.mean().item() == pytest.approx(0.30526, abs=1e-5)


def test_iris_are_the_known_flowers():
    iris = load_iris()
    x, y = iris.tensors
    assert iris.classes == ("setosa", "versicolor", "virginica")
    assert y.tolist() == [0.0] * 50 + [1.0] * 50 + [2.0] * 50
    assert x.shape == (150, 4) and x[0].tolist() == [5.1, 3.5, 1.4, 0.2]
    assert x.mean(0).tolist() == pytest.approx([5.843333, 3.057333, 3.758, 1.199333], abs=1e-6)
