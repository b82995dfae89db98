"""A run goes on from its checkpoint with its own data alone: those numbers in those shapes."""

import pytest

from micrograd_opt import Tensor, functional, nn, optim
from micrograd_opt.data import TensorDataset, load_csv
from micrograd_opt.files.checkpoint import load_checkpoint
from micrograd_opt.training.fit import fit

NUMBERS = [0.5 * i for i in range(24)]
LABELS = [0, 1, 1, 0]


class Flat(nn.Module):
    """A linear layer over all six numbers of a sample, whatever their shape."""

    def __init__(self):
        self.linear = nn.Linear(6, 2)

    def forward(self, x):
        return self.linear(x.reshape(x.shape[0], 6))


def run(dataset, path, epochs, resume=False):
    model = Flat()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return fit(
        model, functional.cross_entropy, optimizer, dataset, epochs=epochs, checkpoint=path,
        resume=resume, progress=False,
    )  # fmt: skip


def images(*shape):
    return TensorDataset(Tensor(NUMBERS).reshape(4, *shape), LABELS)


@pytest.mark.parametrize("shape", [(3, 2), (6,), (6, 1), (1, 6), (2, 3, 1)])
def test_the_same_numbers_in_another_shape_are_other_data(shape, tmp_path):
    path = tmp_path / "c.json"
    run(images(2, 3), path, 1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="other data"):
        run(images(*shape), path, 2, resume=True)
    assert path.read_bytes() == before


def test_the_same_numbers_in_the_same_shape_are_the_same_data(tmp_path):
    path = tmp_path / "c.json"
    run(images(2, 3), path, 1)
    assert len(run(images(2, 3), path, 2, resume=True)) == 2


def test_a_checkpoint_keeps_the_texts_of_the_labels_of_a_file(tmp_path):
    table = tmp_path / "table.data"
    table.write_text("".join(f"{i},1,2,3,4,5,{3 + i % 2}\n" for i in range(8)))
    run(load_csv(table), tmp_path / "c.json", 1)
    assert load_checkpoint(tmp_path / "c.json")["classes"] == ["3", "4"]
