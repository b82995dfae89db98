"""10_magnitudes: without ε the scale of a gradient cancels, to the bit for a power of 2."""

import math

import pytest

import micrograd_opt as mo
from exercises import magnitudes
from solutions.magnitudes import MyAdam


@pytest.fixture(scope="module")
def page(run):
    return run("10_magnitudes")


@pytest.mark.parametrize("name", ["sign", "AdaGrad", "RMSProp", "Adam"])
def test_x_and_y_walk_as_one_though_their_gradients_differ_by_16384(page, name):
    assert all(x == y for x, y in page.names["paths"][name])


def test_the_first_step_is_alpha_and_that_of_rmsprop_ten_times_alpha(page):
    first = {name: 1.0 - path[1][0] for name, path in page.names["paths"].items()}
    assert first["sign"] == first["Adam"] == pytest.approx(0.03, rel=1e-12)
    assert first["AdaGrad"] == pytest.approx(0.03, rel=1e-12)
    assert first["RMSProp"] == pytest.approx(0.3, rel=1e-12)


def test_adams_path_does_not_know_the_scale_of_the_loss(page):
    assert page.names["scaled"] == page.names["paths"]["Adam"]


def test_adam_without_memory_is_sign_descent(page):
    assert page.names["no_memory"] == page.names["paths"]["sign"]


def test_in_the_turned_valley_none_comes_near(page):
    for x, y in page.names["ends"].values():
        assert math.hypot(x, y) > 0.99


def test_the_hats_are_the_corrected_means_of_the_gradients(page):
    sizes, theta = page.names["sizes"], [1.0, *[x for x, _ in page.names["paths"]["Adam"][1:]]]
    assert sizes["√v̂ of y"] == pytest.approx([2**14 * v for v in sizes["√v̂ of x"]], rel=1e-12)
    for t in (1, 2, 50):
        m = sum(0.1 * 0.9 ** (t - 1 - k) * theta[k] for k in range(t)) / (1 - 0.9**t)
        assert sizes["|m̂| of x"][t - 1] == pytest.approx(abs(m), rel=1e-9)
    assert "m_hat = m / (1 - beta1 ** 100)" in page.printed


def updating(rule):
    """The solution's class with another update."""
    return type("Mine", (MyAdam,), {"update": rule})


def inside(self, theta, g, state, group):
    beta1, beta2, t = group["beta1"], group["beta2"], state["t"] + 1
    m = [beta1 * m + (1 - beta1) * d for m, d in zip(state["m"], g, strict=True)]
    v = [beta2 * v + (1 - beta2) * d * d for v, d in zip(state["v"], g, strict=True)]
    state.update(t=t, m=m, v=v)
    return [
        x - group["lr"] * m / (1 - beta1**t) / math.sqrt(v / (1 - beta2**t) + group["eps"])
        for x, m, v in zip(theta, m, v, strict=True)
    ]


def test_the_stub_and_other_classes_are_told_what_is_wrong():
    assert "no bias correction" in magnitudes.check(magnitudes.answer)
    assert "ε inside the root" in magnitudes.check(updating(inside))
    assert magnitudes.check(mo.optim.RMSprop).startswith("not yet: RMSprop departs from Adam")
    assert magnitudes.check(0.001) == "not yet: expected your class, got 0.001"
