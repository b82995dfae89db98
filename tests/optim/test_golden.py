"""Every recorded path of an optimizer is taken again, where PyTorch is not installed too.

The paths of LBFGS are in `test_lbfgs.py`, the rates in `test_lr_scheduler.py`.
"""

import pytest
from paths import furthest, our_path
from record_golden import CASES, GOLDEN, KEPT, recorded

PAIRS = [(name, case) for name, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("name, case", PAIRS)
def test_the_path_is_the_one_recorded(name, case):
    path, theirs = list(our_path(name, *CASES[name][case], seed=case)), recorded(name)[case]
    assert theirs.keys() == {str(step) for step in KEPT}
    for step, theta in theirs.items():
        assert furthest(path[int(step) - 1], theta) <= 1e-10, step


def test_every_recording_is_of_a_case():
    assert {path.stem for path in GOLDEN.iterdir()} == {*CASES, "LBFGS", "lr_scheduler"}
    assert all(recorded(name).keys() == CASES[name].keys() for name in CASES)
