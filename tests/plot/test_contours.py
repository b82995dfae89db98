"""plot.schedules, plot.contour and plot.rates: functions of one number and of two."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import faults, legend_of, lines

from micrograd_opt import Value, functional, plot
from micrograd_opt.optim.schedules import constant, cosine_annealing, linear_decay, linear_warmup
from micrograd_opt.plot.momentum import best_descent, best_momentum, rate

pytest.importorskip("matplotlib")

# ---- schedules


def test_each_schedule_is_a_line_and_a_column_of_its_rates():
    figure = plot.schedules(linear_decay(0.1, 100), cosine_annealing(0.2, 50), lambda i: 0.01)
    (ax,) = figure.axes
    assert list(figure.data.columns) == ["step", "linear_decay", "cosine_annealing", "<lambda>"]
    assert figure.data["linear_decay"] == [0.1 * (1 - i / 100) for i in range(100)]
    assert lines(ax)["cosine_annealing"][1] == figure.data["cosine_annealing"]
    assert figure.data["cosine_annealing"][25] == pytest.approx(0.1)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "learning rate")


def test_twelve_schedules_are_told_apart_without_colour():
    figure = plot.schedules(*[linear_decay(0.1 + i, 20) for i in range(12)])
    assert legend_of(figure)[3] == "linear_decay(lr=3.1, max_steps=20)"
    assert list(faults(figure)) == []


def test_schedules_of_one_name_are_told_apart():
    twice = plot.schedules(linear_decay(0.1, 4), linear_decay(0.1, 4), constant(1.0))
    assert legend_of(twice) == ["linear_decay 1", "linear_decay 2", "constant"]
    named = plot.schedules(constant(0.1), constant(0.2), labels=["low", "high"], max_steps=3)
    assert legend_of(named) == ["low", "high"] and list(faults(named)) == []


def test_schedules_that_cannot_be_drawn_are_refused():
    for call, error, message in [
        (lambda: plot.schedules(), TypeError, "expected functions i -> lr"),
        (lambda: plot.schedules(0.1), TypeError, "expected functions i -> lr"),
        (lambda: plot.schedules(constant(0.1)), ValueError, "say max_steps"),
        (lambda: plot.schedules(constant(0.1), max_steps=0), ValueError, "max_steps"),
        (lambda: plot.schedules(lambda i: 1 / (i - 2) if i > 2 else math.inf, max_steps=3),
         ValueError, "at step 0 must be in"),
    ]:  # fmt: skip
        with pytest.raises(error, match=message):
            call()
    with pytest.raises(ValueError, match="say max_steps"):  # the warmup does not say its end
        plot.schedules(linear_warmup(5, constant(0.1)))


# ---- contours


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def test_the_grid_holds_the_heights_of_the_function():
    data = plot.contour(rosenbrock, (-2, 2), (-1, 3), size=5).data
    assert (data.xs, data.ys) == ([-2, -1, 0, 1, 2], [-1, 0, 1, 2, 3])
    assert data.values == [[rosenbrock(x, y) for x in data.xs] for y in data.ys]
    assert data.lowest() == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    "f", [lambda x, y: (x * y).exp(), lambda x, y: functional.sigmoid(x) + y, lambda x, y: 3.0]
)
def test_a_function_may_use_methods_functions_and_answer_numbers(f):
    data = plot.contour(f, (0, 1), (0, 1), size=2).data
    expected = f(Value(1.0), Value(0.0))
    assert data.values[0][1] == getattr(expected, "data", expected)


def test_paths_lie_over_the_contours_with_their_start_and_end():
    paths = {"gd": [(-1.5, 2.0), (0.0, 0.5), (1.0, 1.0)], "lost": [(-1.5, 2.0), (9.0, math.inf)]}
    figure = plot.contour(rosenbrock, (-2, 2), (-1, 3), paths)
    (ax,) = figure.axes
    assert lines(ax)["gd"] == ([-1.5, 0.0, 1.0], [2.0, 0.5, 1.0])
    assert lines(ax)["lost"] == ([-1.5], [2.0])
    assert legend_of(figure) == ["gd", "lost", "start", "end"]
    ends = {(line.get_marker(), *line.get_xdata(), *line.get_ydata()) for line in ax.lines}
    assert {("o", -1.5, 2.0), ("X", 1.0, 1.0), ("X", -1.5, 2.0)} <= ends
    assert list(faults(figure)) == []
    assert figure.data.notes[0] == "gd: 2 steps from (-1.5, 2) to (1, 1), height 0"
    assert figure.data.notes[1] == "lost: 1 step from (-1.5, 2) to (9, inf), height inf"
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2.0, 2.0), (-1.0, 3.0))


def test_points_may_be_values():
    path = [(Value(0.0), Value(1.0)), (Value(0.5), 0.5)]
    assert plot.contour(rosenbrock, (0, 1), (0, 1), {"a": path}, size=2).data.paths["a"] == [
        (0.0, 1.0), (0.5, 0.5)
    ]  # fmt: skip


def heights(figure):
    """Of the contour lines."""
    (lines,) = [c for c in figure.axes[0].collections if hasattr(c, "levels") and not c.filled]
    return list(lines.levels)


def test_logarithmic_heights_show_the_floor_of_a_valley():
    figure = plot.contour(rosenbrock, (-2, 2), (-1, 3))
    assert heights(figure) == pytest.approx([0.3, 1, 3, 10, 30, 100, 300, 1000])
    assert len(heights(plot.contour(rosenbrock, (-2, 2), (-1, 3), levels="linear"))) == 11
    assert heights(plot.contour(rosenbrock, (-2, 2), (-1, 3), levels=[5, 50, 1e9])) == [5, 50]


def test_a_line_around_less_than_four_points_of_the_grid_is_left_out():
    def bowl(x, y):
        return x * x + y * y

    coarse = plot.contour(bowl, (-1, 1), (-1, 1), size=5)  # heights 0, 4 times ¼, 4 times ½, …
    assert heights(coarse) == pytest.approx([0.3, 1.0])
    assert heights(plot.contour(bowl, (-1, 1), (-1, 1), size=41))[0] == pytest.approx(0.003)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("levels", ["log", "linear", [1.0]])
def test_a_plane_a_plateau_and_a_pole_can_be_drawn(levels, tmp_path):
    def pole(x, y):
        return math.inf if x.data == 0.0 else 1.0 / (x * x)

    for i, f in enumerate([lambda x, y: 0.0 * x, lambda x, y: x + 1e9, pole]):
        plot.contour(f, (-1, 1), (-1, 1), levels=levels, size=3).save(tmp_path / f"{i}.png")


def test_contours_that_cannot_be_drawn_are_refused():
    for options, message in [
        ({"xlim": (1, 1)}, "xlim must rise"),
        ({"ylim": (0, math.nan)}, "ylim"),
        ({"size": 1}, "size must be in"),
        ({"levels": "cubic"}, "levels must be one of"),
        ({"levels": [2, 1]}, "levels must rise"),
        ({"paths": {"a": []}}, "path a has no points"),
        ({"paths": {"a": [(1, 2, 3)]}}, "path a must be 2 numbers"),
        ({"f": lambda x, y: math.nan}, "finite at none"),
    ]:
        arguments = {"f": rosenbrock, "xlim": (0, 1), "ylim": (0, 1), "size": 3} | options
        with pytest.raises((ValueError, TypeError), match=message):
            plot.contour(**arguments)


# ---- rates


def test_the_best_rates_at_a_condition_number_of_100_are_the_published_ones():
    lambdas = (1.0, 100.0)
    alpha, mu = best_momentum(lambdas)
    assert (alpha, mu) == pytest.approx(((2 / 11) ** 2, (9 / 11) ** 2), rel=1e-14)
    assert rate(alpha, mu, lambdas) == pytest.approx(9 / 11, rel=1e-7)  # a double root
    assert rate(*best_descent(lambdas), lambdas) == pytest.approx(99 / 101, rel=1e-14)


@given(
    alpha=st.floats(0.0, 0.05), mu=st.floats(0.0, 1.0), kappa=st.floats(1.0, 1e4)
)  # fmt: skip
def test_no_rate_is_below_that_of_the_optimum(alpha, mu, kappa):
    best = rate(*best_momentum((1.0, kappa)), (1.0, kappa))
    assert rate(alpha, mu, (1.0, kappa)) >= best - 1e-6
    if mu == 0.0:
        assert rate(alpha, mu, (1.0, kappa)) == pytest.approx(
            max(abs(1 - alpha), abs(1 - alpha * kappa))
        )


@pytest.mark.parametrize("alpha, mu", [(0.01, 0.5), (0.02, 0.9), (0.015, 0.0), (0.03, 0.8)])
def test_the_rate_is_what_a_long_run_of_the_optimizer_shows(alpha, mu):
    from micrograd_opt import optim

    x, y = Value(1.0), Value(1.0)
    optimizer = optim.SGD([x, y], lr=alpha, momentum=mu)
    sizes = []
    for _ in range(1200):
        optimizer.zero_grad()
        (0.5 * (x * x + 100.0 * y * y)).backward()
        optimizer.step()
        sizes.append(math.hypot(x.data, y.data))
    peaks = max(sizes[400:500]), max(sizes[1000:1100])  # the size of oscillations
    assert (peaks[1] / peaks[0]) ** (1 / 600) == pytest.approx(rate(alpha, mu, (1, 100)), abs=2e-3)


def test_the_map_marks_both_optima_and_where_it_diverges():
    figure = plot.rates(kappa=100, size=60)
    (ax,) = figure.axes
    assert list(faults(figure)) == []
    assert [label.split(":")[0] for label in legend_of(figure)] == [
        "best momentum", "best gradient descent", "does not converge"
    ]  # fmt: skip
    marks = [(*line.get_xdata(), *line.get_ydata()) for line in ax.lines]
    assert marks == [best_momentum((1, 100)), best_descent((1, 100))]
    assert figure.data.notes[0].startswith("momentum: rate 0.8182 at α = 0.03306, μ = 0.6694")
    assert all(
        (r >= 1.0) == (a >= 2 * (1 + m) / 100)
        for a, m, r in zip(*figure.data.columns.values(), strict=True)
        if abs(a - 2 * (1 + m) / 100) > 1e-9
    )  # stable for α < 2(1 + μ)/λₙ


def test_eigenvalues_may_be_given_and_nonsense_is_refused():
    between = plot.rates(lambdas=(1, 7, 100), size=2)
    assert between.data.values == plot.rates(kappa=100, size=2).data.values
    plot.rates(kappa=1, size=2)  # momentum is no help: μ = 0
    for options, message in [
        ({}, "give kappa"), ({"kappa": 2, "lambdas": (1, 2)}, "give kappa"),
        ({"kappa": 0.5}, "kappa must be in"), ({"lambdas": (0, 1)}, r"lambdas\[0\] must be in"),
        ({"lambdas": ()}, "no eigenvalue"), ({"kappa": 2, "size": 1}, "size must be in"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            plot.rates(**options)
