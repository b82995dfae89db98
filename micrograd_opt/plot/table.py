"""Table and Grid: the numbers behind a picture, to print, to save or to plot otherwise.

Read next: `plot/figure.py`.
"""

import csv
import math

__all__ = ["Grid", "Table"]


class Table:
    """Columns of one length, by name.

    notes   lines of text on what the columns come to; `summary` ends with them

    >>> table = Table({"step": [0, 1, 2], "rate": [0.1, 0.05, None]}, notes=["two rates"])
    >>> table["rate"], len(table)
    ([0.1, 0.05, None], 3)
    >>> print(table.summary())
    step  rate
       0   0.1
       1  0.05
       2     –
    two rates
    """

    def __init__(self, columns, notes=()):
        self.columns = {name: list(column) for name, column in columns.items()}
        self.notes = list(notes)
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"Table: columns of different lengths, {sorted(lengths)}")

    def __getitem__(self, name):
        if name not in self.columns:
            raise KeyError(f"{name!r} is not one of {', '.join(self.columns)}")
        return self.columns[name]

    def __len__(self):
        return len(next(iter(self.columns.values()), ()))

    def __repr__(self):
        return f"{type(self).__name__}({len(self)} rows: {', '.join(self.columns)})"

    def rows(self):
        """A dict for each row."""
        columns = self.columns.values()
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*columns, strict=True)]

    def summary(self, most=12):
        """The table as text; of more than `most` rows the first and the last, with … between."""
        rows = [[_text(x) for x in row.values()] for row in self.rows()]
        if len(rows) > most:
            rows[most // 2 : most // 2 - most] = [["…"] * len(self.columns)]
        return "\n".join([*_aligned([list(self.columns), *rows]), *self.notes])

    def to_csv(self, path):
        """Write the columns as CSV, a header first; None is an empty field."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            writer.writerows(zip(*self.columns.values(), strict=True))


class Grid(Table):
    """A number at each point of a grid: values[j][i] at (xs[i], ys[j]).

    As a table it has a row for each point, in columns called by `names`; x varies fastest.

    >>> grid = Grid([0.0, 1.0], [5.0], [[2.0, 3.0]], names=("x", "y", "loss"))
    >>> grid["x"], grid["y"], grid["loss"]
    ([0.0, 1.0], [5.0, 5.0], [2.0, 3.0])
    >>> print(grid.summary())
    2 × 1 points: loss from 2 at x = 0, y = 5 to 3 at x = 1, y = 5
    """

    def __init__(self, xs, ys, values, names, notes=()):
        self.xs, self.ys, self.values, self.names = list(xs), list(ys), values, names
        flat = [z for row in values for z in row]
        columns = [self.xs * len(self.ys), [y for y in self.ys for _ in self.xs], flat]
        super().__init__(dict(zip(names, columns, strict=True)), notes)

    def lowest(self):
        """(x, y, value) where the value is lowest; those that are not finite do not count."""
        return min(self._finite(), key=lambda point: point[2])

    def highest(self):
        """(x, y, value) where the value is highest, infinity not counted."""
        return max(self._finite(), key=lambda point: point[2])

    def summary(self):
        """The size, the lowest and the highest value, and the notes."""
        x, y, value = self.names
        ends = [
            f"{_text(z)} at {x} = {_text(a)}, {y} = {_text(b)}"
            for a, b, z in (self.lowest(), self.highest())
        ]
        size = f"{len(self.xs)} × {len(self.ys)} points"
        return "\n".join([f"{size}: {value} from {ends[0]} to {ends[1]}", *self.notes])

    def _finite(self):
        points = list(zip(*self.columns.values(), strict=True))
        finite = [point for point in points if math.isfinite(point[2])]
        if not finite:
            raise ValueError(f"{self.names[2]} is finite at none of the {len(points)} points")
        return finite


def _text(x):
    if x is None:
        return "–"
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def _aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
