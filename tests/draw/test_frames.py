"""draw.frames: one graph at several training steps, as a page that needs nothing else."""

import json
import math
import random
import re
import shutil

import pytest

from browser import chromium
from micrograd_opt import Tensor, Value, functional, nn, optim
from micrograd_opt.compiler import compile
from micrograd_opt.draw.pages.frames import frames
from micrograd_opt.draw.pages.page import Page
from micrograd_opt.draw.pages.snapshots import renamed, snapshots
from micrograd_opt.draw.picture.boxes import number
from micrograd_opt.draw.picture.levels import LEVELS

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no `dot` is installed")


def descent(steps=101, lr=0.05, start=4.0, seen=None):
    """(w − 1)² by gradient descent: w − 1 shrinks by 1 − 2·lr a step."""
    w = Value(start, label="w")
    for step in range(steps):
        if seen is not None:
            seen.append(step)
        loss = (w - 1.0) ** 2
        w.grad = 0.0
        loss.backward()
        yield loss
        w.data -= lr * w.grad


def net(steps=4):
    """An MLP on XOR, a Tensor's training loop."""
    model = nn.MLP(2, [3, 2])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    for _ in range(steps):
        loss = functional.cross_entropy(model(x), [0, 1, 1, 0])
        optimizer.zero_grad()
        loss.backward()
        yield loss
        optimizer.step()


def taken(roots, at=None, **options):
    return snapshots(roots, at, options)[1]


def rows(frame, label):
    """The texts of the box with this label."""
    (box,) = [box for box in frame.boxes if box.label == label]
    return dict(box.rows)


def read(html):
    """The numbers that a page brings along."""
    return json.loads(re.search(r'id="data">(.*?)</script>', html).group(1))


# ---- what is taken


def test_each_frame_holds_the_numbers_of_its_moment():
    found = taken(descent(3, lr=0.25))
    assert [frame.loss for frame in found] == [9.0, 2.25, 0.5625]
    assert [frame.norm for frame in found] == [6.0, 3.0, 1.5]
    assert [rows(frame, "w")["data"] for frame in found] == ["4", "2.5", "1.75"]
    assert [rows(frame, "w")["grad"] for frame in found] == ["6", "3", "1.5"]
    assert [frame.name for frame in found] == ["step 0", "step 1", "step 2"]
    assert all(box.nodes == () for frame in found for box in frame.boxes)  # graphs can be freed


def test_at_picks_steps_and_asks_for_none_after_the_last():
    seen = []
    found = taken(descent(seen=seen), at=(10, 0, 2))
    assert [frame.name for frame in found] == ["step 0", "step 2", "step 10"]
    assert math.isclose(found[2].loss, 9.0 * 0.9**20)
    assert seen == list(range(11))


def test_the_gradient_of_all_leaves_is_one_norm():
    for step, (frame, root) in enumerate(zip(taken(net()), net(), strict=True)):
        assert frame.norm > 0.0 and frame.name == f"step {step}" and root.item() > 0.0
    x, y = Tensor([3.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    loss = (x * 3.0 + y * 4.0).sum()
    loss.backward()
    assert taken([loss])[0].norm == 5.0


def test_titles_name_the_frames():
    page = frames(descent(2), titles=["before", "after\n"])
    assert repr(page) == "Frames(5 boxes at 2 steps)" and isinstance(page, Page)
    assert [frame.name for frame in renamed(taken(descent(2)), ["a", "b\nc"])] == ["a", "b c"]
    with pytest.raises(ValueError, match="frames: 1 titles for 2 frames; give one for each"):
        frames(descent(2), titles=["before"])


# ---- what is refused


def branching():
    w = Value(1.5, label="w")
    for _ in range(3):
        loss = w * w if w > 1.0 else w * w * w
        w.grad = 0.0
        loss.backward()
        yield loss
        w.data -= 1.0


def test_another_graph_is_refused_with_the_step_and_the_sizes():
    match = "frames: step 1 computes another graph than the first: 3 nodes .*, not 2 nodes .*where"
    with pytest.raises(ValueError, match=match):
        frames(branching())


@pytest.mark.parametrize("labels, places", [("ab", "ab ba"), ((None, None), "aba abb")])
def test_the_same_boxes_with_other_labels_or_arrows_are_another_graph(labels, places):
    def swapping():
        leaves = {"a": Value(1.0, label=labels[0]), "b": Value(2.0, label=labels[1])}
        for x, y, *z in places.split():
            loss = (leaves[x] - leaves[y]) * leaves[z[0] if z else x]
            loss.backward()
            yield loss

    with pytest.raises(ValueError, match="another graph"):
        frames(swapping())


def test_a_list_made_after_training_is_refused_since_its_parameters_have_moved_on():
    with pytest.raises(RuntimeError, match="step 0: .* was changed after sub used it; yield"):
        frames(list(descent(3)))


@pytest.mark.parametrize("root", [Value(2.0) * 3.0, Tensor([2.0], requires_grad=True).sum()])
def test_a_loss_before_backward_is_refused(root):
    with pytest.raises(RuntimeError, match="frames: step 0 has no gradients; call backward"):
        frames([root])


def test_a_generator_function_that_was_not_called_is_refused_with_the_call():
    with pytest.raises(TypeError, match=r"got a function; .*what a call returns: frames\("):
        frames(descent)
    with pytest.raises(TypeError, match="frames: expected losses, one a step, got a float"):
        frames(3.0)


def test_a_compiled_loss_has_no_graph_to_take_frames_of():
    w = Value(2.0)
    loss = compile(lambda x: w * x)(3.0)
    loss.backward()
    with pytest.raises(ValueError, match="comes from a compiled function, whose graph is gone"):
        frames([loss])


def test_wrong_arguments_are_refused_with_the_remedy():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"frames: expected losses, .*draw\(loss\)"):
        frames(x.sum())
    with pytest.raises(ValueError, match=r"frames: step 0: Tensor\(shape=\(2,\)\) is no loss"):
        frames([x * x])
    with pytest.raises(ValueError, match="direction must be one of 'LR', .*, got 'up'"):
        frames((1 / 0 for _ in "a"), direction="up")  # refused before anything is trained
    with pytest.raises(ValueError, match="frames: one at least is needed, but only 0 losses came"):
        frames([])
    with pytest.raises(ValueError, match="frames: step 9 is asked for, but only 3 losses came"):
        frames(descent(3), at=(0, 9))
    with pytest.raises(ValueError, match=r"frames: at names no steps; .*at=\(0, 10, 100\)"):
        frames(descent(3), at=())
    with pytest.raises(ValueError, match=r"frames: at\[1\] must be in .0, 1, …., got -1"):
        frames(descent(3), at=(0, -1))
    for at in ((0.5,), "3", (True,), 10):
        with pytest.raises((TypeError, ValueError), match=r"frames: at(\[0\])? must be"):
            frames(descent(3), at=at)
    with pytest.raises(ValueError, match=r"more than 200 steps; choose .*at=\(0, 10, 100\)"):
        frames(descent(10**9))
    assert len(taken(descent(200))) == 200


# ---- the page


@needs_dot
def test_the_page_is_laid_out_once_and_brings_all_numbers_along():
    html = frames(descent(), at=(0, 10, 100), title="A parabola").html()
    data = read(html)
    assert html.count('<svg id="graph"') == 1 and "<h1>A parabola</h1>" in html
    assert [frame["name"] for frame in data["frames"]] == ["step 0", "step 10", "step 100"]
    assert [frame["loss"] for frame in data["frames"]] == ["9", "1.094", "6.35e−09"]
    assert [len(frame["cells"]) for frame in data["frames"]] == [len(data["rows"])] * 3


@needs_dot
def test_the_layout_holds_the_longest_text_of_each_cell():
    html = frames(descent(), at=(0, 10, 100)).html()
    for texts in zip(*[f["cells"] for f in read(html)["frames"]], strict=True):
        for row in zip(*texts, strict=True):
            assert f">{max(row, key=len)}</text>" in html


@needs_dot
def test_colours_have_one_scale_for_all_frames():
    data = read(frames(descent(), at=(0, 10, 100)).html())
    heats = [frame["heat"] for frame in data["frames"]]
    assert "4" in heats[0] and "0" not in heats[0] and "0" in heats[2]


@needs_dot
def test_gradients_of_zero_and_not_finite_have_colours_of_their_own():
    def odd():
        w, v = Value(0.0, label="w"), Value(0.0, label="v")
        loss = w.sqrt() + v * v
        loss.backward()
        yield loss

    html = frames(odd()).html()
    (frame,) = read(html)["frames"]
    assert re.findall(r'<polyline points="([^"]*)"', html) == ["0,40", ""]
    assert {"odd", "zero"} <= set(frame["heat"]) and frame["norm"] == "inf"


@needs_dot
def test_text_from_anyone_stays_text():
    w = Value(1.0, label='<script>alert(1)</script>"')
    loss = w * w
    loss.backward()
    html = frames([loss], title="<b>&", titles=["</script><script>x</script>"]).html()
    assert "<script>alert" not in html and "<b>&" not in html and "<script>x" not in html
    assert read(html)["frames"][0]["name"] == "</script><script>x</script>"
    assert html.count("<script") == 2  # the data and the one script


@needs_dot
def test_a_page_is_saved_and_needs_nothing_else(tmp_path):
    path = frames(net(), at=(0, 3), direction="TB").save(tmp_path / "frames.html")
    text = path.read_text(encoding="utf-8")
    assert "http" not in re.sub(r"http-equiv|http://www.w3.org/\w+/svg", "", text)


@needs_dot
def test_one_frame_is_a_page_too():
    html = frames(descent(1)).html()
    assert len(read(html)["frames"]) == 1 and "nan" not in html.split("<script")[0]


@needs_dot
def test_curves_are_by_logarithm_where_the_numbers_are_far_apart():
    near, far = frames(descent(3)).html(), frames(descent(), at=(0, 50, 100)).html()
    assert "from 5.905 to 9</p>" in near and "(log)" not in near
    assert "from 6.35e−09 to 9 (log)" in far
    loss, norm = re.findall(r'<polyline points="([^"]*)"', far)
    assert loss == norm == "0,0 50,20 100,40"  # a straight line: the fall is geometric


# ---- in a browser


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def show(window):
    """Shows frames in a window of the usual size; then nothing may have been complained of."""
    window.resize(1280, 800)

    def shown(roots, **options):
        page = frames(roots, **options)
        window.show(page.html())
        return window

    yield shown
    assert window.complaints() == []


def seen(window, i, row="grad"):
    """What a row of box i shows, and the box's colour."""
    box = f"document.getElementById('n{i}')"
    text = window.ask(f"""{box}.querySelector('[data-row="{row}"]').textContent""")
    return text, window.ask(f"{box}.dataset.heat")


def fill(window, i):
    """The colour that box i really has."""
    shape = f"document.querySelector('#n{i} > :is(path, polygon)')"
    return window.ask(f"getComputedStyle({shape}).fill")


@needs_dot
def test_the_buttons_the_slider_and_the_keys_change_numbers_and_colours(show):
    window = show(descent(), at=(0, 10, 100))
    found = taken(descent(), at=(0, 10, 100))
    texts = [rows(frame, "w")["grad"] for frame in found]
    w = [box.label for box in found[0].boxes].index("w")
    assert seen(window, w) == (texts[0], "4") and window.text("loss") == "9"
    assert window.text("heading") == "step 0" and window.text("count") == "step 0 · 1/3"
    first = fill(window, w)
    window.click("next")
    assert seen(window, w)[0] == texts[1] and window.text("loss") == "1.094"
    window.press("END")
    assert seen(window, w) == (texts[2], "0") and fill(window, w) != first
    assert window.ask("document.getElementById('next').disabled")
    window.press("ARROW_LEFT")
    assert seen(window, w)[0] == texts[1]
    window.press("HOME")
    assert seen(window, w)[0] == texts[0] and window.ask("document.getElementById('back').disabled")
    window.ask("(slider.value = 2, slider.dispatchEvent(new Event('input')))")
    assert seen(window, w)[0] == texts[2]
    window.click("play")  # from the end it begins again, and stops at the end
    window.wait("document.getElementById('count').textContent === 'step 100 · 3/3'")
    assert window.text("play") == "Play" and window.text("norm") == number(found[2].norm)


@needs_dot
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_shows_the_numbers_of_each_frame(show, level):
    """A net of Values on a batch: folded boxes, and rows that are a name alone."""

    def training():
        model = nn.scalar.MLP(2, [2, 1])
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            outputs = [model(x) for x in ([1.0, -2.0], [0.5, 3.0])]
            loss = functional.mse_loss(outputs, [1.0, -1.0])
            optimizer.zero_grad()
            loss.backward()
            yield loss
            optimizer.step()

    random.seed(3)
    found = taken(training(), level=level)
    random.seed(3)
    window = show(training(), level=level)
    for frame in found:
        for i, box in enumerate(frame.boxes):
            for row, text in box.rows:
                assert seen(window, i, row)[0].strip() == text, (i, row)
            times = f"×{box.count}" if box.count > 1 else ""
            assert times in window.text(f"n{i}")
        window.click("next")


@needs_dot
def test_moving_through_the_frames_moves_no_box(show):
    window = show(net(), at=range(4))
    place = "JSON.stringify([...document.querySelectorAll('.node')].map(n => n.getBBox().width))"
    before = window.ask(place)
    window.press("END")
    assert window.ask(place) == before


@needs_dot
def test_the_whole_graph_can_be_seen_at_once(show):
    window = show(net(), at=(0, 3))
    overflow = "[pane.scrollWidth > pane.clientWidth, pane.scrollHeight > pane.clientHeight]"
    assert window.ask(overflow)[0]
    window.click("whole")
    assert window.ask(overflow) == [False, False]
    assert window.ask("document.getElementById('whole').ariaPressed") == "true"
    window.click("whole")
    assert window.ask(overflow)[0]


@needs_dot
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window(show, width, scheme):
    window = show(net(), at=(0, 3))
    window.resize(width, 720, prefers_color_scheme=scheme)
    assert window.ask("document.documentElement.scrollWidth") <= width
    assert window.ask("document.documentElement.scrollHeight") <= 720
    for id in ("pane", "heading", "loss", "slider", "play"):
        inside = f"document.getElementById('{id}').getBoundingClientRect()"
        assert window.ask(f"{inside}.height") > 15 and window.ask(f"{inside}.right") <= width
