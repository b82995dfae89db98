"""nn: modules, their parameters, names and state; layers; initialisation; clipping."""

import copy
import json
import math
import pickle
import random
import statistics

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, functional, nn
from micrograd_opt.engine.graph import topological_order
from micrograd_opt.engine.state import state
from micrograd_opt.nn import Parameter, init, layers, module, norm, utils


def close(found, expected, rel=1e-12, abs=1e-12):
    """Whether two nested lists agree."""
    if isinstance(found, list):
        pairs = zip(found, expected, strict=True)
        return all(close(a, b, rel, abs) for a, b in pairs)
    return math.isclose(found, expected, rel_tol=rel, abs_tol=abs)


class Mixed(nn.Module):
    """Parameters of every kind, in lists, tuples and modules; no super().__init__()."""

    def __init__(self):
        self.name = "mixed"
        self.blocks = [nn.Linear(2, 2, rng=random.Random(0)), (Value(5.0), [Parameter([6.0])])]
        self.scale = Parameter([[7.0, 8.0]])
        self.constant = Tensor([1.0])
        self.shared = self.blocks[0]
        self.tied = self.scale

    def forward(self, x):
        return self.blocks[0](x) * self.scale


MIXED = ["scale", "tied", "blocks.1.0", "blocks.1.1.0", "blocks.0.weight", "blocks.0.bias"]


# ---- Module: what is inside


def test_parameters_are_found_in_attributes_lists_and_tuples_each_once():
    mixed = Mixed()
    names = [name for name, _ in mixed.named_parameters()]
    assert names == ["blocks.1.0", "blocks.1.1.0", "scale", "blocks.0.weight", "blocks.0.bias"]
    assert mixed.parameters()[2] is mixed.scale and len(mixed.parameters()) == 5
    assert [name for name, _ in mixed.named_modules()] == ["", "blocks.0"]


def test_the_order_of_parameters_is_pytorchs_own_ones_first():
    torch = pytest.importorskip("torch")

    def net(nn, tensor):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(1, 1)
                self.w = nn.Parameter(tensor([1.0]))
                self.second = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.BatchNorm1d(2))

        return Net()

    ours, theirs = net(nn, Tensor), net(torch.nn, torch.tensor)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]


def test_a_value_computed_or_constant_is_no_parameter():
    module = nn.Module()
    module.leaf = Value(1.0)
    module.seen = module.leaf * 2.0
    module.constant = Value(3.0).detach()
    assert module.parameters() == [module.leaf]


def test_a_module_that_knows_its_parent_is_walked_once():
    parent, child = nn.Module(), nn.Linear(1, 1)
    parent.child, child.parent = child, parent
    assert [name for name, _ in parent.named_modules()] == ["", "child"]
    assert list(parent.state_dict()) == ["child.weight", "child.bias"]
    assert repr(parent) == "Module(Linear(1 → 1))"


def test_a_parameter_is_a_tensor_that_takes_gradients():
    p = Parameter(mo.ones(2, 3))
    assert isinstance(p, Tensor) and p.requires_grad and repr(p) == "Parameter(shape=(2, 3))"
    assert type(p + 1.0) is Tensor
    assert Parameter([1.0], requires_grad=False).requires_grad is False


def test_train_and_eval_reach_every_module():
    net = nn.Sequential(nn.Sequential(nn.Dropout()), nn.Linear(1, 1))
    assert net[0][0].training
    assert net.eval() is net and not net[0][0].training
    assert net.train()[0][0].training


def test_zero_grad_sets_tensors_to_none_and_values_to_zero():
    mixed = Mixed()
    for p in mixed.parameters():
        p.grad = p.data
    mixed.zero_grad()
    assert [p.grad for p in mixed.parameters()] == [0.0, None, None, None, None]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward method"):
        nn.Module()(1.0)


def test_a_buffer_is_saved_but_not_trained():
    module = nn.Module()
    module.register_buffer("seen", mo.zeros(2))
    assert module.parameters() == [] and module.state_dict() == {"seen": [0.0, 0.0]}
    module.load_state_dict({"seen": [1.0, 2.0]})
    assert module.seen.tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match="register_buffer: seen must be a Tensor, got .1.0"):
        module.register_buffer("seen", [1.0])


def test_reprs_are_short():
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1, bias=False))
    assert repr(net) == "Sequential(Linear(2 → 8), Tanh(), Linear(8 → 1, bias=False))"
    assert repr(nn.MLP(2, [16, 3])) == "MLP(2 → 16 → 3)"
    assert repr(Mixed()) == "Mixed(Linear(2 → 2), Linear(2 → 2))"
    assert repr([nn.ReLU(), nn.Dropout(0.1), nn.BatchNorm1d(4)]) == (
        "[ReLU(), Dropout(p=0.1), BatchNorm1d(4)]"
    )


# ---- Module: names on nodes and parameters


class Nested(nn.Module):
    """Calls a child in a list, and one that no attribute holds."""

    def __init__(self):
        self.blocks = [nn.Linear(2, 2), nn.MLP(2, [3, 1])]

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return nn.Tanh()(x) + 0.0


def modules_of(node):
    """The paths that `node` and all nodes it was computed from have noted."""
    return {n.module for n in topological_order(node) if n._prev}


def test_nodes_note_the_path_of_the_module_that_made_them():
    net = Nested()
    out = net(mo.ones(1, 2))
    assert (out.module, out._prev[0].module) == ("", "Tanh")
    below = {"blocks.0", "blocks.1", "blocks.1.layers.0", "blocks.1.layers.1"}
    assert modules_of(out) == {"", "Tanh", *below}
    assert state()[1] is None and (out + 1.0).module is None
    assert net.blocks[1](mo.ones(1, 2)).module == "blocks.1.layers.1"  # its own name, called alone


def test_the_first_call_labels_the_parameters_that_have_no_label():
    net = Nested()
    net.blocks[0].bias.label = "mine"
    net(mo.ones(1, 2))
    labels = [p.label for p in net.parameters()]
    assert labels[:3] == ["blocks.0.weight", "mine", "blocks.1.layers.0.weight"]


def test_a_module_called_alone_is_named_anew_in_a_larger_one():
    child = nn.MLP(2, [2, 1])
    child(mo.ones(1, 2))
    net = nn.Sequential(nn.Linear(2, 2), child)
    assert net(mo.ones(1, 2)).module == "1.layers.1"
    assert labels(net) == names(net)


def names(net):
    return [name for name, _ in net.named_parameters()]


def labels(net):
    return [p.label for p in net.parameters()]


def test_a_submodule_called_before_the_model_does_not_spoil_its_names():
    net = nn.MLP(2, [3, 1])
    assert net.layers[0](mo.ones(1, 2)).module == ""
    assert net.layers[0].weight.label == "weight"
    assert net(mo.ones(1, 2)).module == "layers.1" and labels(net) == names(net)
    assert net.layers[0](mo.ones(1, 2)).module == "layers.0"  # it belongs to net from now on
    nn.Linear(1, 1)  # what is built elsewhere makes all names be looked at again, and no more
    net.layers[0](mo.ones(1, 2))
    assert modules_of(net(mo.ones(1, 2))) == {"", "layers.0", "layers.1"}
    assert labels(net) == names(net)


def test_a_model_edited_after_its_first_call_is_named_anew():
    net = Nested()
    net(mo.ones(1, 2))
    kept = net.blocks[0]
    net.blocks = [nn.Linear(2, 2), nn.Sequential(kept, nn.Linear(2, 1))]
    paths = modules_of(net(mo.ones(1, 2)))
    assert paths == {"", "Tanh", "blocks.0", "blocks.1.0", "blocks.1.1"}
    assert labels(net) == names(net)
    kept.weight = Parameter(mo.ones(2, 2))
    net.blocks[0] = nn.Linear(2, 2)
    assert modules_of(net(mo.ones(1, 2))) == paths and labels(net) == names(net)


def test_modules_that_change_places_change_names():
    class Net(nn.Module):
        def forward(self, x):
            return x

    net, a, b = Net(), nn.Linear(1, 1), nn.Linear(1, 1)
    for first, second in (
        (a, b), (b, a), ([a, b], None), ([b, a], None), ((a, b), None), ((b, a), None),
        ({"a": a, "b": b}, None), ({"a": b, "b": a}, None),
    ):  # fmt: skip
        net.first = first
        net.second = second
        net(0.0)
        assert labels(net) == names(net)


def test_two_models_that_share_a_module_each_name_it_their_way():
    shared = nn.Linear(2, 2)
    first, second = nn.Sequential(shared), nn.Sequential(nn.ReLU(), shared)
    for _ in range(2):
        for net, path in ((first, "0"), (second, "1")):
            assert net(mo.ones(1, 2)).module == path
            assert shared.weight.label == f"{path}.weight"


def test_a_label_the_user_set_stays():
    net = nn.Sequential(nn.Linear(2, 2))
    net(mo.ones(2))
    net[0].weight.label = "W"
    larger = nn.Sequential(nn.ReLU(), net)
    larger(mo.ones(2))
    assert labels(larger) == ["W", "1.0.bias"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_model_or_of_a_part_gets_its_own_names(copied):
    net = nn.MLP(2, [3, 1])
    net(mo.ones(2))
    twin, part = copied(net), copied(net.layers[1])
    assert twin.state_dict() == net.state_dict() and labels(twin) == labels(net)
    assert twin(mo.ones(2)).module == "layers.1"
    assert part(mo.ones(3)).module == "" and labels(part) == ["weight", "bias"]
    part.bias.label = "mine"
    assert labels(copied(part)) == ["weight", "mine"]


def test_a_call_looks_at_the_tree_again_only_after_an_edit():
    walks = 0

    class Counting(nn.MLP):
        def named_modules(self):
            nonlocal walks
            walks += 1
            return super().named_modules()

        def forward(self, x):
            self.seen = Value(1.0) * 2.0  # no edit: neither a module nor a parameter
            return super().forward(x)

    net = Counting(2, [3, 1])
    for _ in range(5):
        net(mo.ones(2))
    assert walks == 1


def test_modules_and_parameters_in_a_dict_are_walked_by_their_keys():
    net = nn.Module()
    net.blocks = {"a": nn.Linear(1, 1), "b": [nn.Linear(1, 1, bias=False)], 3: Value(1.0)}
    expected = ["blocks.3", "blocks.a.weight", "blocks.a.bias", "blocks.b.0.weight"]
    assert list(net.state_dict()) == names(net) == expected
    assert [name for name, _ in net.named_modules()] == ["", "blocks.a", "blocks.b.0"]
    assert not net.eval().blocks["a"].training
    assert repr(net) == "Module(Linear(1 → 1), Linear(1 → 1, bias=False))"


def test_an_error_in_forward_leaves_no_module_at_work():
    net = Nested()
    with pytest.raises(ValueError):
        net(mo.ones(1, 3))
    assert state()[1] is None
    assert mo.ones(1).module is None


# ---- Module: state


def test_a_state_dict_is_plain_json_and_comes_back_to_the_bit():
    mixed, other = Mixed(), Mixed()
    saved = mixed.state_dict()
    assert saved["blocks.1.0"] == 5.0 and saved["scale"] == [[7.0, 8.0]] == saved["tied"]
    mixed.blocks[0].weight.data = [[0.1, 0.2], [0.3, 1e-300]]
    assert saved == other.state_dict()  # a copy
    assert other.load_state_dict(json.loads(json.dumps(mixed.state_dict()))) == ([], [])
    assert other.state_dict() == mixed.state_dict()


def test_load_state_dict_lists_everything_wrong_at_once_and_changes_nothing():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    before = net.state_dict()
    wrong = {
        "0.weight": [[9.0, 9.0], [9.0, 9.0]],
        "0.bias": [1.0, 2.0, 3.0],
        "1.weight": [["a", 1.0]],
        "2.weight": [1.0],
    }
    with pytest.raises(ValueError) as caught:
        net.load_state_dict(wrong)
    assert str(caught.value) == (
        "Sequential, load_state_dict: missing: 1.bias; unexpected: 2.weight; "
        "0.bias: shape (3,) does not fit (2,); "
        "1.weight: data[0][0]: expected a real number, got str: 'a'"
    )
    assert net.state_dict() == before
    with pytest.raises(ValueError, match="0.bias: shape"):
        net.load_state_dict(wrong, strict=False)
    assert net.state_dict() == before
    with pytest.raises(TypeError, match="state_dict must be a Mapping, got .1.0."):
        net.load_state_dict([1.0])


def test_without_strict_what_fits_is_loaded_and_the_rest_is_told():
    net = nn.Linear(1, 1)
    found = net.load_state_dict({"weight": [[4.0]], "extra": 1.0}, strict=False)
    assert found == (["bias"], ["extra"]) and net.weight.item() == 4.0


def test_a_deep_copy_is_a_model_of_its_own():
    net = nn.Sequential(nn.MLP(2, [3, 1]), nn.BatchNorm1d(1), nn.Dropout(0.5, rng=random.Random(0)))
    x = mo.ones(4, 2)
    net(x)
    twin = copy.deepcopy(net).eval()
    assert twin(x).tolist() == net.eval()(x).tolist()
    twin[0].layers[0].weight.data = mo.zeros(3, 2).data
    assert twin(x).tolist() != net(x).tolist()
    twin(x).sum().backward()
    assert all(p.grad is None for p in net.parameters())


def pair(torch):
    """The same network twice, ours and PyTorch's."""
    rng = random.Random(5)
    ours = nn.Sequential(
        nn.Linear(3, 5, rng=rng), nn.Tanh(), nn.BatchNorm1d(5), nn.GELU(), nn.Linear(5, 4, rng=rng),
        nn.Sigmoid(), nn.Sequential(nn.Linear(4, 2, bias=False, rng=rng), nn.Softmax(dim=-1)),
    )  # fmt: skip
    t = torch.nn
    theirs = t.Sequential(
        t.Linear(3, 5), t.Tanh(), t.BatchNorm1d(5), t.GELU(), t.Linear(5, 4),
        t.Sigmoid(), t.Sequential(t.Linear(4, 2, bias=False), t.Softmax(dim=-1)),
    ).double()  # fmt: skip
    numbers = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(6)]
    return ours, theirs, Tensor(numbers), torch.tensor(numbers, dtype=torch.float64)


def test_weights_come_over_from_pytorch():
    torch = pytest.importorskip("torch")
    ours, theirs, x, t = pair(torch)
    theirs(t)  # moves the running statistics
    ours.load_state_dict(theirs.state_dict())
    assert close(ours(x).tolist(), theirs(t).tolist())
    assert close(ours.eval()(x).tolist(), theirs.eval()(t).tolist())


def test_weights_go_over_to_pytorch():
    torch = pytest.importorskip("torch")
    ours, theirs, x, t = pair(torch)
    ours(x)
    theirs.load_state_dict(
        {k: torch.tensor(v, dtype=torch.float64) for k, v in ours.state_dict().items()}
    )
    assert close(ours(x).tolist(), theirs(t).tolist())
    ours.zero_grad()
    (ours(x) * Tensor([1.0, 3.0])).sum().backward()
    (theirs(t) * torch.tensor([1.0, 3.0])).sum().backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert close(p.grad.tolist(), q.grad.tolist())


# ---- layers


def test_linear_is_x_times_w_transposed_plus_b():
    layer = nn.Linear(2, 3)
    layer.weight.data, layer.bias.data = [[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], [0.5, 0.0, 10.0]
    assert layer(Tensor([3.0, 4.0])).tolist() == [3.5, 4.0, 12.0]
    assert layer([[3, 4]]).tolist() == [[3.5, 4.0, 12.0]]
    assert layer(mo.ones(2, 4, 2)).shape == (2, 4, 3)
    assert nn.Linear(2, 3, bias=False).bias is None


def test_linear_starts_uniform_within_one_over_root_n():
    layer = nn.Linear(16, 1000, rng=random.Random(6))
    for p in layer.parameters():
        flat = p.data.flat
        assert max(map(abs, flat)) <= 0.25 and max(flat) > 0.248 and min(flat) < -0.248
        assert abs(statistics.fmean(flat)) < 0.02
    torch = pytest.importorskip("torch")
    peer = torch.nn.Linear(16, 1000)
    assert peer.weight.abs().max() <= 0.25 and peer.bias.abs().max() <= 0.25


def test_the_same_seed_gives_the_same_weights():
    seeded = nn.MLP(2, [4, 1], rng=random.Random(7)).state_dict()
    random.seed(7)
    assert nn.MLP(2, [4, 1]).state_dict() == seeded
    assert nn.MLP(2, [4, 1]).state_dict() != seeded


@pytest.mark.parametrize("name", layers.ACTIVATIONS)
def test_an_mlp_is_linear_layers_with_the_activation_between(name):
    net = nn.MLP(3, (4, 2), activation=name)
    x = mo.randn(5, 3)
    f = getattr(functional, name, lambda x: x)
    first, second = net.layers
    assert net(x).tolist() == second(f(first(x))).tolist()
    assert list(net.state_dict()) == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    ]  # fmt: skip


def test_sequential_runs_its_modules_in_order():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    assert len(net) == 2 and net[-1] is list(net)[1] and isinstance(net[0], nn.Linear)
    x = mo.randn(3, 2)
    assert net(x).tolist() == net[0](x).relu().tolist()
    assert nn.Sequential()(x) is x
    shared = nn.Linear(2, 2)
    assert nn.Sequential(shared, shared)(x).tolist() == shared(shared(x)).tolist()


def test_the_room_offers_every_module_of_its_files_and_an_mlp_every_elementwise_activation():
    for file in (layers, module, norm):
        classes = {
            name
            for name, x in vars(file).items()
            if isinstance(x, type) and x.__module__ == file.__name__
        }
        assert classes == set(file.__all__) <= set(nn.__all__)
    softmaxes = {"softmax", "log_softmax"}
    names = set(functional.activations.__all__) - softmaxes | {"identity"}
    assert set(layers.ACTIVATIONS) == names


def test_activation_modules_are_the_functions():
    x = mo.randn(2, 3)
    assert nn.GELU("tanh")(x).tolist() == functional.gelu(x, "tanh").tolist()
    assert nn.Softmax(dim=0)(x).tolist() == functional.softmax(x, 0).tolist()
    for layer in (nn.ReLU, nn.Tanh, nn.Sigmoid):
        f = getattr(functional, layer.__name__.lower())
        assert layer()(x).tolist() == f(x).tolist()
        assert layer()([Value(0.5)])[0].data == f(Value(0.5)).data


def test_dropout_works_in_training_only():
    layer = nn.Dropout(0.5, rng=random.Random(8))
    assert set(layer(mo.ones(50)).tolist()) == {0.0, 2.0}
    x = mo.ones(50)
    assert layer.eval()(x) is x


def test_batch_norm_by_hand():
    layer = nn.BatchNorm1d(1, eps=0.0)
    assert close(layer(Tensor([[1.0], [3.0]])).tolist(), [[-1.0], [1.0]])
    assert close(layer.running_mean.tolist(), [0.2])  # 0.9·0 + 0.1·2
    assert close(layer.running_var.tolist(), [1.1])  # 0.9·1 + 0.1·2, the unbiased variance
    assert close(layer.eval()(Tensor([[0.2]])).tolist(), [[0.0]])
    assert layer.num_batches_tracked.item() == 1.0


def test_without_momentum_batch_norm_keeps_the_average_of_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for top in (1.0, 3.0, 8.0):
        layer(Tensor([[0.0], [top]]))
    assert close(layer.running_mean.tolist(), [2.0])  # of 0.5, 1.5 and 4


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (1, 3, 2)])
@pytest.mark.parametrize(
    "options", [{}, {"momentum": None}, {"affine": False}, {"eps": 0.1, "momentum": 0.5}]
)
def test_batch_norm_agrees_with_pytorch(shape, options):
    torch = pytest.importorskip("torch")
    rng = random.Random(9)
    ours = nn.BatchNorm1d(3, **options)
    theirs = torch.nn.BatchNorm1d(3, **options).double()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        init.uniform_(p, rng=rng)
        q.data = torch.tensor(p.tolist(), dtype=torch.float64)
    for _ in range(3):
        x = mo.randn(*shape, rng=rng, requires_grad=True)
        weights = mo.randn(*shape, rng=rng)
        t = torch.tensor(x.tolist(), dtype=torch.float64, requires_grad=True)
        (ours(x) * weights).sum().backward()
        (theirs(t) * torch.tensor(weights.tolist(), dtype=torch.float64)).sum().backward()
        assert close(x.grad.tolist(), t.grad.tolist())
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert close(p.grad.tolist(), q.grad.tolist())
    theirs_state = {k: v.tolist() for k, v in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(theirs_state)
    assert all(close(v, theirs_state[k]) for k, v in ours.state_dict().items())
    assert close(ours.eval()(x).tolist(), theirs.eval()(t).tolist())
    assert ours.state_dict()["num_batches_tracked"] == 3.0


def test_batch_norm_passes_gradcheck_to_the_second_order():
    layer = nn.BatchNorm1d(2)
    assert mo.gradcheck(layer, mo.randn(4, 2, requires_grad=True), order=2)


# ---- initialisation


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (init.xavier_uniform_, math.sqrt(6.0 / 300.0)),
        (lambda t: init.xavier_uniform_(t, gain=2.0), 2.0 * math.sqrt(6.0 / 300.0)),
        (init.kaiming_uniform_, math.sqrt(6.0 / 200.0)),
        (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5.0)), math.sqrt(1.0 / 200.0)),
        (lambda t: init.kaiming_uniform_(t, mode="fan_out"), math.sqrt(6.0 / 100.0)),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="linear"), math.sqrt(3.0 / 200.0)),
        (lambda t: init.uniform_(t, -2.0, 2.0), 2.0),
    ],
)
def test_uniform_starts_fill_their_bounds(fill, bound):
    flat = fill(mo.zeros(100, 200)).data.flat
    assert max(map(abs, flat)) <= bound * (1.0 + 1e-15)
    assert max(flat) > 0.99 * bound and min(flat) < -0.99 * bound
    assert abs(statistics.pstdev(flat) / (bound / math.sqrt(3.0)) - 1.0) < 0.02


@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (init.xavier_normal_, math.sqrt(2.0 / 300.0)),
        (lambda t: init.xavier_normal_(t, gain=5.0), 5.0 * math.sqrt(2.0 / 300.0)),
        (init.kaiming_normal_, math.sqrt(2.0 / 200.0)),
        (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"), math.sqrt(0.02)),
        (lambda t: init.normal_(t, std=3.0), 3.0),
    ],
)
def test_normal_starts_have_their_spread(fill, std):
    flat = fill(mo.zeros(100, 200)).data.flat
    assert abs(statistics.pstdev(flat) / std - 1.0) < 0.02
    assert abs(statistics.fmean(flat)) < 0.03 * std
    assert max(flat) > 3.0 * std


def test_starts_fill_in_place_and_repeat_with_the_seed():
    p = Parameter(mo.zeros(2, 3))
    assert init.constant_(p, 2) is p and p.tolist() == [[2.0] * 3] * 2
    assert init.ones_(p).data.flat == (1.0,) * 6 and init.zeros_(p).data.flat == (0.0,) * 6
    once = init.kaiming_normal_(p, rng=random.Random(1)).tolist()
    assert init.kaiming_normal_(p, rng=random.Random(1)).tolist() == once
    assert init.normal_(mo.zeros(500), mean=10.0).mean().item() > 9.5
    cube = init.xavier_uniform_(mo.zeros(2, 3, 5), rng=random.Random(1)).data.flat
    assert 0.4 < max(map(abs, cube)) <= math.sqrt(6.0 / 25.0)  # fans 15 and 10


def test_gains_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


# ---- clipping


def with_grads(*grads):
    """Parameters with these gradients: Values for floats, Tensors for lists, none for None."""
    found = []
    for g in grads:
        p = Value(0.0) if isinstance(g, float) else Parameter([0.0] * len(g or [0.0]))
        p.grad = g if isinstance(g, float) or g is None else Tensor(g).data
        found.append(p)
    return found


def grads_of(parameters):
    return [p.grad if not hasattr(p.grad, "tolist") else p.grad.tolist() for p in parameters]


def test_clip_grad_norm_scales_all_gradients_together():
    parameters = with_grads([3.0, 0.0], 4.0, None, [0.0])
    assert utils.clip_grad_norm_(parameters, 1.0) == 5.0
    scale = 1.0 / (5.0 + 1e-6)
    assert close(grads_of(parameters)[:2], [[3.0 * scale, 0.0], 4.0 * scale])
    assert parameters[2].grad is None
    small = with_grads([0.3], 0.4)
    assert utils.clip_grad_norm_((p for p in small), 1.0) == 0.5
    assert grads_of(small) == [[0.3], 0.4]
    assert utils.clip_grad_norm_(small[1], math.inf, norm_type=3.0) == 0.4
    assert utils.clip_grad_norm_(with_grads(None), 1.0) == 0.0
    assert utils.clip_grad_norm_(with_grads([1e200, 1e200]), math.inf) == 1e200 * math.sqrt(2.0)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 0.7, 100.0])
def test_clip_grad_norm_agrees_with_pytorch(norm_type, max_norm):
    torch = pytest.importorskip("torch")
    grads = [[0.5, -2.0, 3.0], [1.0], [-0.1, 0.0]]
    ours = with_grads(*grads)
    theirs = [torch.zeros(len(g), dtype=torch.float64, requires_grad=True) for g in grads]
    for p, g in zip(theirs, grads, strict=True):
        p.grad = torch.tensor(g, dtype=torch.float64)
    peer = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert close(utils.clip_grad_norm_(ours, max_norm, norm_type), peer.item())
    assert close(grads_of(ours), [p.grad.tolist() for p in theirs])


def test_clip_grad_value_clamps_each_element():
    parameters = with_grads([3.0, -0.2, -math.inf], -4.0, None)
    utils.clip_grad_value_(parameters, 0.5)
    assert grads_of(parameters) == [[0.5, -0.2, -0.5], -0.5, None]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_clipping_refuses_a_gradient_that_is_not_finite_and_names_it(bad):
    parameters = with_grads([1.0, 2.0], [1.0, bad], 3.0)
    with pytest.raises(RuntimeError, match="the gradient of parameter 1 has the norm"):
        utils.clip_grad_norm_(parameters, 1.0)
    parameters[1].label = "layers.0.weight"
    with pytest.raises(RuntimeError, match=r"the gradient of layers\.0\.weight"):
        utils.clip_grad_norm_(parameters, 1.0, norm_type=math.inf)
    assert grads_of(parameters)[0] == [1.0, 2.0] and parameters[2].grad == 3.0
    assert not math.isfinite(utils.clip_grad_norm_(parameters, 1.0, error_if_nonfinite=False))


def test_clip_grad_value_refuses_nan_and_changes_nothing():
    parameters = with_grads(3.0, [math.nan])
    with pytest.raises(RuntimeError, match="the gradient of parameter 1 holds NaN"):
        utils.clip_grad_value_(parameters, 1.0)
    assert parameters[0].grad == 3.0


# ---- errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.Linear(5, 2)(mo.ones(4, 3)),
            ValueError,
            r"Linear: input \(4, 3\) has 3 features, the layer takes 5",
        ),
        (lambda: nn.Linear(5, 2)(1.0), ValueError, r"input \(\) has no features"),
        (lambda: nn.Linear(0, 2), ValueError, "Linear: in_features must be in .1, 2, …."),
        (lambda: nn.Linear(2.5, 2), ValueError, "in_features must be in .1, 2, …., got 2.5"),
        (lambda: nn.MLP(2, 3), TypeError, r"as in \[16, 1\]; got 3"),
        (lambda: nn.MLP(2, []), TypeError, r"got \[\]"),
        (lambda: nn.MLP(2, [3, -1]), ValueError, r"MLP: nouts\[1\] must be in .1, 2, …., got -1"),
        (
            lambda: nn.MLP(2, [3], activation="swish"),
            ValueError,
            "one of 'relu', 'tanh', 'sigmoid', .*'identity', got 'swish'",
        ),
        (
            lambda: nn.Sequential(nn.ReLU(), abs),
            TypeError,
            "argument 1 must be a Module, got <built-in",
        ),
        (lambda: nn.BatchNorm1d(3)(mo.ones(4, 2)), ValueError, r"takes \(N, 3\) or \(N, 3, L\)"),
        (lambda: nn.BatchNorm1d(3)(mo.ones(3)), ValueError, r"BatchNorm1d: input \(3,\)"),
        (lambda: nn.BatchNorm1d(3)(mo.ones(1, 3)), ValueError, "no two values per feature"),
        (lambda: nn.Dropout(1.5), ValueError, r"Dropout: p must be in .*, got 1.5"),
        (lambda: nn.Dropout(-0.1), ValueError, "Dropout: p .* got -0.1"),
        (lambda: nn.Dropout(math.nan), ValueError, "Dropout: p .* got nan"),
        (lambda: nn.Dropout("half"), TypeError, "Dropout: p must .* got str"),
        (lambda: nn.BatchNorm1d(2, eps=-1e-5), ValueError, "eps must be in .*, got -1e-05"),
        (lambda: nn.BatchNorm1d(2, eps=math.nan), ValueError, "BatchNorm1d: eps .* got nan"),
        (lambda: nn.BatchNorm1d(2, momentum=1.1), ValueError, "momentum must .* got 1.1"),
        (lambda: nn.BatchNorm1d(2, momentum=math.nan), ValueError, "momentum .* got nan"),
        (lambda: init.uniform_(mo.zeros(2), 1.0, 0.0), ValueError, "a 1.0 lies above b 0.0"),
        (lambda: init.normal_(mo.zeros(2), std=-1.0), ValueError, "std must .* got -1.0"),
        (lambda: init.uniform_(mo.zeros(2), 0.0, math.inf), ValueError, "b must .* got inf"),
        (lambda: init.uniform_(mo.zeros(2), math.nan), ValueError, "uniform_: a must .* got nan"),
        (lambda: init.normal_(mo.zeros(2), std="a"), TypeError, "normal_: std .* got str"),
        (lambda: init.normal_(mo.zeros(2), math.inf), ValueError, "mean must .* got inf"),
        (lambda: init.zeros_([0.0]), TypeError, "constant_: tensor must be a Tensor, got .0.0"),
        (lambda: init.uniform_([[0.0]]), TypeError, "uniform_: tensor must be a Tensor, got"),
        (lambda: init.normal_([0.0]), TypeError, "normal_: tensor must be a Tensor, got"),
        (lambda: init.xavier_normal_([0.0]), TypeError, "xavier_normal_: tensor must be"),
        (lambda: init.kaiming_uniform_([0.0]), TypeError, "kaiming_uniform_: tensor must be"),
        (lambda: init.xavier_uniform_(mo.zeros(2, 2), -1.0), ValueError, "gain must .* got -1.0"),
        (lambda: init.xavier_uniform_(mo.zeros(2, 2), math.inf), ValueError, "gain .* got inf"),
        (lambda: init.xavier_normal_(mo.zeros(2, 2), math.nan), ValueError, "gain must .* got nan"),
        (lambda: init.kaiming_uniform_(mo.zeros(2, 2), math.nan), ValueError, "param .* got nan"),
        (lambda: init.calculate_gain("leaky_relu", "a"), TypeError, "param must .* got str"),
        (lambda: init.kaiming_uniform_(mo.zeros(3)), ValueError, r"kaiming_uniform_: shape \(3,\)"),
        (lambda: init.xavier_normal_(mo.zeros(3, 0)), ValueError, r"\(3, 0\) has no fan"),
        (
            lambda: init.kaiming_normal_(mo.ones(2, 2), mode="in"),
            ValueError,
            "mode must be one of 'fan_in', .*'in'",
        ),
        (lambda: init.calculate_gain("mish"), ValueError, "one of 'linear', .* got 'mish'"),
        (lambda: utils.clip_grad_norm_([], -1.0), ValueError, "max_norm must .* got -1.0"),
        (lambda: utils.clip_grad_norm_([], math.nan), ValueError, "max_norm .* got nan"),
        (
            lambda: utils.clip_grad_norm_([], 1.0, norm_type=0.0),
            ValueError,
            "norm_type must be .* got 0.0",
        ),
        (lambda: utils.clip_grad_norm_([], "a"), TypeError, "norm_: max_norm must .* str"),
        (lambda: utils.clip_grad_norm_([], [1.0]), TypeError, "max_norm must .* got list"),
        (lambda: utils.clip_grad_norm_([], 1.0, "a"), TypeError, "norm_type must .* got str"),
        (lambda: utils.clip_grad_norm_([1.0], 1.0), TypeError, "parameter 0 is 1.0, no Tensor or"),
        (lambda: utils.clip_grad_norm_(nn.Linear(1, 1), 1.0), TypeError, r"\.parameters\(\)"),
        (lambda: utils.clip_grad_value_([], "a"), TypeError, "value_: clip_value must .* str"),
        (lambda: utils.clip_grad_value_([], math.nan), ValueError, "clip_value must .* got nan"),
        (lambda: utils.clip_grad_value_("a", 1.0), TypeError, "parameter 0 is 'a', no Tensor or"),
        (lambda: utils.clip_grad_value_(1.0, 1.0), TypeError, "clip_grad_value_: expected .* 1.0"),
        (lambda: utils.clip_grad_value_([], -1.0), ValueError, "clip_value must .* got -1.0"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_failed_batch_leaves_the_running_statistics_alone():
    layer = nn.BatchNorm1d(2)
    before = layer.state_dict()
    with pytest.raises(ValueError):
        layer(mo.ones(1, 2))
    assert layer.state_dict() == before
