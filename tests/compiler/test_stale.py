"""The table of stale programs: each kind of change is seen, raises an error, or is refused."""

import pytest
from changes import ROWS
from verdicts import COLUMNS


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("expected, make", ROWS.values(), ids=ROWS)
def test_a_change_is_seen_or_said(expected, make, column):
    try:
        case = make()
    except ImportError as error:
        pytest.skip(str(error))
    assert COLUMNS[column](case) == expected


def test_the_table_has_all_kinds():
    assert len(ROWS) >= 75
