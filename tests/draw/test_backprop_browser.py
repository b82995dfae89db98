"""The step page of draw.backprop in a headless Chromium: clicks, keys, screens, hostile labels."""

import re
import shutil

import pytest
from step_graphs import cells, cross_entropy, cube, data_of, each_graph, large, neuron
from test_draw import HOSTILE

from browser import chromium
from micrograd_opt import Tensor, Value
from micrograd_opt.draw.dot.text import clean
from micrograd_opt.draw.pages.backprop import backprop
from micrograd_opt.engine.graph import topological_order

if shutil.which("dot") is None:
    pytest.skip("no `dot` is installed", allow_module_level=True)


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def show(window):
    """Shows the page of a graph, at the usual size; at the end there must be no complaints."""
    window.resize(1280, 800)

    def shown(root, **options):
        window.show(backprop(root, **options).html())
        return window

    yield shown
    assert window.complaints() == []


def seen(window, row):
    """For each box what its row shows: lines of numbers."""
    return window.ask(
        "[...document.querySelectorAll('.node')]"
        ".sort((a, b) => a.id.slice(1) - b.id.slice(1))"
        f""".map(box => [...box.querySelectorAll('[data-row="{row}"]')]"""
        ".map(text => [...text.children].map(number => number.textContent)))"
    )


def count(window):
    return int(window.text("count").split()[1])


@each_graph
def test_clicked_through_to_the_end_the_page_shows_the_gradients_of_backward(show, make):
    root = make()
    window = show(root)
    steps = len(data_of(backprop(root).html())["backward"])
    assert all(not line for box in seen(window, "grad") for line in box)  # blank at first
    window.click("next", times=steps)
    root.backward()
    order = topological_order(root)
    expected = [cells(node.grad) if node.requires_grad else [] for node in order]
    assert seen(window, "grad") == expected
    assert seen(window, "data") == [cells(node.data) for node in order]
    heat = window.ask("[...document.querySelectorAll('.node')].map(box => box.dataset.heat ?? '')")
    assert heat.count("") == sum(not node.requires_grad for node in order)
    assert window.ask("document.getElementById('next').disabled")


def test_a_gradient_is_blank_until_it_is_reached_and_says_when_more_is_to_come(show):
    x = Value(3.0, label="x")
    window = show(x * x + x)
    window.click("next")
    assert seen(window, "grad") == [[["1", "+"]], [["1"]], [["1"]]]
    window.click("next")
    assert seen(window, "grad") == [[["7"]], [["1"]], [["1"]]]
    window.click("back", times=2)
    assert seen(window, "grad") == [[[]], [[]], [[]]]
    assert window.ask("document.querySelectorAll('[data-heat]:is(.node)').length") == 0


def test_the_node_whose_turn_it_is_stands_out_without_colour(show):
    out = neuron()
    window = show(out)
    window.click("next", times=4)
    lit = window.ask("[...document.querySelectorAll('.lit')].map(box => box.id)")
    step = data_of(backprop(out).html())["backward"][3]
    assert lit == [f"n{step['node']}"]
    style = "getComputedStyle(document.querySelector('{} > path'))"
    width = [window.ask(f"parseFloat({style.format(s)}.strokeWidth)") for s in (".lit", ".node")]
    assert width[0] > 3 * width[1]
    assert window.ask("document.querySelector('text.now').textContent") == "now"
    carries = window.ask("[...document.querySelectorAll('.carries')].map(edge => edge.id)")
    assert sorted(carries) == sorted(sent["arrow"] for sent in step["sent"])
    assert window.ask(f"{style.format('.carries')}.strokeDasharray") != "none"
    flows = window.ask("[...document.querySelectorAll('.flow')].map(text => text.textContent)")
    assert flows == [sent["part"] for sent in step["sent"]] == ["1", "−1.5"]


def test_the_cards_tell_the_step(show):
    window = show(neuron())
    window.click("next", times=4)
    assert window.text("heading") == "× #4"
    assert window.text("sentence") == "The gradient of × #4 is complete. It sends to w1 and x1."
    cards = window.ask("[...document.querySelectorAll('.card')].map(card => card.innerText)")
    assert [card.split("\n")[0] for card in cards] == ["z", "w1 gets", "x1 gets"]
    assert "g × x = 0.5 × −3\n−1.5" in cards[2]
    assert window.ask("document.getElementById('sentence').getAttribute('aria-live')") == "polite"


def test_small_tensors_are_tables_and_large_ones_a_shape_and_a_norm(show):
    window = show(cross_entropy())
    window.press("END", "ARROW_LEFT", "ARROW_LEFT")  # w, whose gradient is (3, 2)
    assert window.text("heading") == "w"
    assert window.ask("document.querySelectorAll('.tensor tr').length") == 3
    window = show(large())
    window.press("END")
    assert "(4, 10), ‖·‖ = " in window.text("cards")


def test_the_keys_step_and_play(show):
    window = show(neuron())
    for keys, place in (
        (["ARROW_RIGHT"] * 3, 3), (["ARROW_LEFT"], 2), (["END"], 10), (["ARROW_RIGHT"], 10),
        (["HOME"], 0), (["ARROW_LEFT"], 0),
    ):  # fmt: skip
        window.press(*keys)
        assert count(window) == place
    window.press("SPACE")
    window.wait("document.getElementById('count').textContent === 'step 10 of 10'")
    assert window.text("play") == "Play"


def test_play_begins_again_at_the_end_and_pauses(show):
    window = show(cube())
    window.press("END")
    window.click("play")
    assert window.text("play") == "Pause" or count(window) == 5
    window.wait("document.getElementById('next').disabled")
    assert window.text("play") == "Play"
    window.press("HOME")
    window.click("play")
    window.click("back")  # whatever else the user asks for pauses
    assert window.text("play") == "Play"


def test_the_slider_goes_anywhere_with_mouse_and_keys(show):
    window = show(neuron())
    slider = "const s = document.getElementById('slider'); s.value = 7; "
    window.ask(f"(() => {{ {slider} s.dispatchEvent(new Event('input')); }})()")
    assert count(window) == 7
    window.ask("document.getElementById('slider').focus()")
    window.press("ARROW_RIGHT")
    assert count(window) == 8  # one step, not two
    window.press("HOME")
    assert count(window) == 0
    assert window.ask("document.getElementById('slider').getAttribute('aria-valuetext')") == (
        "step 0 of 10"
    )


def test_a_focused_button_takes_the_space_key_for_itself(show):
    window = show(neuron())
    window.ask("document.getElementById('next').focus()")
    window.press("SPACE")
    assert count(window) == 1 and window.text("play") == "Play"


@each_graph
def test_the_second_tab_steps_the_forward_pass(show, make):
    root = make()
    window = show(root)
    window.click("forward")
    assert window.ask("document.getElementById('forward').getAttribute('aria-pressed')") == "true"
    order = topological_order(root)
    given = [not node.op for node in order]
    shown = [any(line for line in box) for box in seen(window, "data")]
    assert shown == given
    window.click("next")
    assert sum(any(box) for box in seen(window, "data")) == sum(given) + 1
    window.press("END")
    assert seen(window, "data") == [cells(node.data) for node in order]
    assert all(not line for box in seen(window, "grad") for line in box)
    window.click("backward")
    assert count(window) == 0


def test_a_click_on_a_box_goes_to_its_turn(show):
    window = show(neuron())
    window.ask("document.getElementById('n0').dispatchEvent(new Event('click'))")
    assert window.ask("document.querySelector('.lit').id") == "n0"


@each_graph
@pytest.mark.parametrize("size", [(360, 640), (1280, 800), (640, 360)])
def test_it_fits_every_screen(show, window, make, size):
    window.resize(*size)
    show(make())
    for key in ("ARROW_RIGHT", "END"):
        window.press(key)
        lit = window.ask("document.querySelector('.lit').getBoundingClientRect().toJSON()")
        pane = window.ask("document.getElementById('pane').getBoundingClientRect().toJSON()")
        assert pane["left"] <= (lit["left"] + lit["right"]) / 2 <= pane["right"]
        assert pane["top"] <= (lit["top"] + lit["bottom"]) / 2 <= pane["bottom"]
    assert window.ask("document.documentElement.scrollWidth") == size[0]
    for id in ("back", "play", "next", "slider", "backward", "forward", "whole", "count"):
        box = window.ask(f"document.getElementById('{id}').getBoundingClientRect().toJSON()")
        assert 0 <= box["left"] and box["right"] <= size[0], id
        assert 0 <= box["top"] and box["bottom"] <= size[1], id
    overflows = "[...document.querySelectorAll('.card')].some(c => c.scrollWidth > c.clientWidth)"
    assert not window.ask(overflows)


@pytest.mark.parametrize("width", [1280, 1920])
def test_a_wide_table_of_numbers_has_room_in_its_card(show, window, width):
    window.resize(width, 800)
    x = Tensor([[-0.001234 * i for i in range(1, 7)]], requires_grad=True)
    show(((x.exp() * 1e-5).relu() * x).sum())
    clipped = "[...document.querySelectorAll('.value')].some(v => v.scrollWidth > v.clientWidth)"
    tables = 0
    for _ in range(5):
        window.press("ARROW_RIGHT")
        tables += window.ask("document.querySelectorAll('.wide').length")
        assert not window.ask(clipped)
    assert tables > 5


def test_the_whole_graph_can_be_seen_at_once_and_then_the_step_again(show):
    window = show(cross_entropy())
    overflows = "pane.scrollWidth > pane.clientWidth || pane.scrollHeight > pane.clientHeight"
    middle = "(b => (b.left + b.right) / 2)(document.querySelector('.lit').getBoundingClientRect())"
    assert window.ask(overflows)
    window.click("whole")
    assert not window.ask(overflows)
    window.click("next")
    window.click("whole")
    assert window.ask(overflows) and 0 <= window.ask(middle) <= window.ask("pane.clientWidth")


@each_graph
def test_no_number_leaves_its_box(show, make):
    window = show(make())
    for _ in range(len(data_of(backprop(make()).html())["backward"])):
        window.click("next")
        outside = window.ask(
            "[...document.querySelectorAll('.node')].flatMap(node => {"
            " const { left, right } = node.querySelector('path, polygon').getBoundingClientRect();"
            " return [...node.querySelectorAll('text')].filter(text => text.textContent)"
            " .map(text => text.getBoundingClientRect())"
            " .filter(text => text.left < left || text.right > right).map(() => node.id) })"
        )
        assert outside == []


def test_text_can_be_read_in_light_and_dark(show, window):
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(*pair):
        low, high = sorted(map(luminance, pair))
        return (high + 0.05) / (low + 0.05)

    papers = {}
    for scheme in ("light", "dark"):
        window.resize(1280, 800, prefers_color_scheme=scheme)
        show(neuron())
        style = "getComputedStyle(document.documentElement).getPropertyValue('--{}').trim()"
        colour = {
            name: window.ask(style.format(name))
            for name in "paper raised ink grey accent on-accent odd".split()
        } | {f"step{i}": window.ask(style.format(f"step{i}")) for i in range(5)}  # fmt: skip
        papers[scheme] = luminance(colour["paper"])
        for name in ("paper", "raised", "odd", *(f"step{i}" for i in range(5))):
            assert contrast(colour["ink"], colour[name]) >= 4.5, name  # WCAG 2.1, level AA
        for name in ("grey", "accent"):
            assert contrast(colour[name], colour["paper"]) >= 4.5, name
            assert contrast(colour[name], colour["raised"]) >= 4.5, name
        assert contrast(colour["on-accent"], colour["accent"]) >= 4.5
    assert papers["dark"] < 0.05 < papers["light"]


def test_nothing_moves_for_those_who_ask_for_rest(show, window):
    moving = "getComputedStyle(document.querySelector('.carries > path')).animationName"
    for wish, name in (("no-preference", "flow"), ("reduce", "none")):
        window.resize(1280, 800, prefers_reduced_motion=wish)
        show(neuron())
        window.click("next")
        assert window.ask(moving) == name


def test_a_frame_in_a_notebook_runs_the_page(window):
    frame = backprop(cube())._repr_mimebundle_()["text/html"]
    window.show(f"<!doctype html><meta charset=utf-8><title>a notebook</title><body>{frame}")
    window.enter_frame()
    window.click("next")
    assert window.text("count") == "step 1 of 5" and window.text("heading") == "+ #1"
    assert window.complaints() == []


def test_hostile_labels_are_text_and_nothing_else(window, show):
    """All of them at once, as leaves of one graph."""
    labels = [label for label in HOSTILE.values() if str(label).strip()]
    leaves = [Value(1.0, label=label) for label in labels]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = total + leaf
    total.label = '"><img src=x onerror=alert(1)>'
    show(total, title="<img src=x onerror=alert(1)></title><script>alert(2)</script>")
    counts = window.ask(
        "['script', 'a', 'img', 'b', '.node'].map(s => document.querySelectorAll(s).length)"
    )
    assert counts == [2, 0, 0, 0, 2 * len(labels) - 1]
    headings = []
    for _ in range(2 * len(labels) - 1):
        window.press("ARROW_RIGHT")
        headings.append(window.text("heading"))
    for name in (clean(label, 40) for label in labels):  # of equal names each has its turn, too
        assert any(re.fullmatch(rf"{re.escape(name)}( #\d+)?", text) for text in headings)
    assert not window.has_dialog()
    assert window.ask("document.documentElement.scrollWidth") == 1280
