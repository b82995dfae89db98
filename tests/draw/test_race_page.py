"""The page of a race: its data are the race's own, and in a browser all of it works."""

import json
import math
import re

import pytest
from test_draw import HOSTILE

from browser import chromium
from micrograd_opt import draw, explain, optim
from micrograd_opt.draw.pages.racing import race
from micrograd_opt.optim import surfaces

NAMES = ["sgd", "adam", "momentum", "sam", "lbfgs"]


def valley_race(condition, budget=40, names=("momentum", "sam", "lbfgs")):
    valley = surfaces.valley(condition)
    return optim.race(valley, valley.start, names, budget, rates=(0.01, 0.1, 1.0), starts=2)


@pytest.fixture(scope="module")
def races():
    return {f"κ = {condition}": valley_race(condition) for condition in (1, 100)}


@pytest.fixture(scope="module")
def html(races):
    return race(races).html()


def data_of(html):
    return json.loads(re.search(r'id="data">(.*?)</script>', html)[1], parse_constant=pytest.fail)


def test_the_tables_and_runs_are_the_races_own(html, races):
    data = data_of(html)
    assert data["contenders"] == NAMES and data["budget"] == 40
    for scene, (label, result) in zip(data["scenes"], races.items(), strict=True):
        assert (scene["label"], scene["title"]) == (label, result.title)
        for tune in ("each", "same", "defaults"):
            rows = [dict(row) for row in scene["tables"][tune]]
            runs = [scene["runs"][row.pop("run")] for row in rows]
            assert rows == result.rows(tune)
            for row, run in zip(rows, runs, strict=True):
                own = result.chosen(row["name"], tune)[0]
                assert (run["losses"], run["evaluations"]) == (own.losses, own.evaluations)
                assert [tuple(point) for point in run["path"]] == own.path
        for name, points in scene["sensitivity"].items():
            losses = [math.inf if loss is None else loss for _, loss in points]
            assert losses == [loss for _, loss in result.sensitivity(name)]


def test_the_words_of_a_step_are_those_of_explain(html, races):
    scene = data_of(html)["scenes"][1]
    (row,) = [row for row in scene["tables"]["each"] if row["name"] == "adam"]
    run, told = scene["runs"][row["run"]], []
    races["κ = 100"].replay("adam", row["rate"], lambda adam: told.append(str(explain(adam))))
    for (text, numbers), words in zip(run["words"], told, strict=True):
        numbers = iter(numbers)
        assert re.sub("#", lambda _: next(numbers), run["texts"][text]) == words  # noqa: B023
    assert len(run["texts"]) < len(told) / 4  # most differ in their numbers alone


def test_the_surface_has_its_heights_from_below_and_null_where_it_has_none():
    def well(x, y):
        return x * x + y.log()

    result = optim.race(well, [1.0, 2.0], [], 3, rates=(0.01,), starts=1)
    surface = data_of(race(result).html())["scenes"][0]["surface"]
    (left, right), (low, high) = surface["limits"]
    assert left < 0.9 and right > 1.0 and low < 0.0 and high > 2.0  # holds the paths and (0, 0)
    heights = surface["heights"]
    assert heights[0][0] is None and heights[-1][0] == pytest.approx(left**2 + math.log(high), 1e-4)


def test_a_race_of_many_numbers_has_no_plane_and_tells_no_steps():
    def norm(w):
        return (w * w).sum()

    result = optim.race(norm, [[1.0] * 9], [], 5, rates=(0.1,), starts=1)
    (scene,) = data_of(race(result).html())["scenes"]
    assert scene["surface"] is None and all(run["words"] == [] for run in scene["runs"])


def test_what_is_no_race_is_refused(races):
    with pytest.raises(TypeError, match="expected what optim.race returns, got 3"):
        draw.race(3)
    with pytest.raises(ValueError, match="no race to show"):
        draw.race({})
    with pytest.raises(ValueError, match="b: Race.*same optimizers and budget"):
        draw.race(races | {"b": valley_race(10, budget=30)})
    with pytest.raises(ValueError, match="must end in .html"):
        draw.race(races).save("race.svg")
    shown = repr(draw.race(races))
    assert shown == "RacePage(valley: sgd, adam, momentum, sam, lbfgs; 40 evaluations)"


# ---- in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def window(browser, html):
    browser.resize(1280, 800)
    browser.show(html)
    yield browser
    assert browser.complaints() == []


def losses_now(window):
    return {name: window.text(f"now-{name}") for name in NAMES}


def test_keys_and_buttons_move_the_clock_and_sam_takes_two_ticks_a_step(window):
    assert window.text("count") == "0/40" and window.text("update") == "The start: no step yet."
    window.click("choose-sam")
    window.press("ARROW_RIGHT")
    assert window.text("told") == "sam: step 0 of 20"
    window.click("next")
    assert window.text("told") == "sam: step 1 of 20"
    assert window.text("update").startswith("Step 1 of SAM(SGD(lr=")
    window.press("END")
    assert window.text("count") == "40/40" and window.text("told") == "sam: step 20 of 20"
    window.press("HOME")
    assert window.text("count") == "0/40"


def test_play_comes_to_the_end_and_the_table_shows_where_each_stands(window, races):
    window.click("play")
    window.wait("document.getElementById('count').textContent === '40/40'")
    (at_start,) = {run.losses[0] for run in races["κ = 1"].chosen("sgd")[:1]}
    assert at_start == 1.0 and losses_now(window)["sgd"] != "1"


def test_the_switch_changes_rates_paths_and_heading(window):
    window.press("END")
    shown = {}
    for tune in ("same", "each", "defaults"):
        window.click(tune)
        assert window.ask(f"document.getElementById('{tune}').ariaPressed") == "true"
        paths = window.ask("document.getElementById('paths').innerHTML")
        shown[tune] = (window.text("heading"), paths, str(losses_now(window)))
    assert len(set(shown.values())) == 3
    assert shown["same"][0] == "one rate for all"


def test_the_slider_of_the_condition_shows_another_race(window):
    before = window.ask("document.getElementById('plane').innerHTML"), window.text("title")
    assert window.text("label") == "κ = 1"
    window.ask("(s => { s.value = 1; s.dispatchEvent(new Event('input')); })"
               "(document.getElementById('scene'))")  # fmt: skip
    assert window.text("label") == "κ = 100" and window.text("title") == "valley: ½(x² + 100y²)"
    assert window.ask("document.getElementById('plane').innerHTML") != before[0]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off(window, width):
    window.resize(width, 740)
    assert window.ask("document.documentElement.scrollWidth") == width
    for chart in ("plane", "curves", "sensitivity"):
        inside = window.ask(
            f"(svg => [...svg.querySelectorAll('text')].every(text => {{"
            "const a = svg.getBoundingClientRect(), b = text.getBoundingClientRect();"
            "return b.left >= a.left - 1 && b.right <= a.right + 1 && b.bottom <= a.bottom + 1"
            f"}}))(document.getElementById('{chart}'))"
        )
        assert inside, chart


def test_without_a_plane_the_curves_stand_alone(browser):
    def norm(w):
        return (w * w).sum()

    browser.show(race(optim.race(norm, [[1.0] * 9], [], 5, rates=(0.1,), starts=1)).html())
    browser.press("END")
    assert browser.text("update") == "Too many numbers to tell."
    assert browser.ask("getComputedStyle(document.querySelector('.plane')).display") == "none"
    assert browser.complaints() == []


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_breaks_out(browser, text):
    result = optim.race(lambda x, y: x * x + y * y, [1.0, 1.0], {text: "momentum"}, 2,
                        rates=(0.1,), starts=1)  # fmt: skip
    browser.show(race({text: result}, title=text).html())
    assert not browser.has_dialog() and browser.complaints() == []
    assert browser.ask("document.querySelectorAll('script').length") == 2


def test_tensor_of_two_numbers_has_no_plane():
    def bowl(w):
        return (w * w).sum()

    result = optim.race(bowl, [[1.0, 2.0]], [], 3, rates=(0.1,), starts=1)
    assert data_of(race(result).html())["scenes"][0]["surface"] is None
