"""`train --report FILE`: a run on one page, which needs no network and no other file.

Read next: `cli/compare.py`.
"""

import base64
import html
import io
import math

from .. import plot
from ..draw.dot.html import document
from ..files.atomic_write import write_whole
from .folder import drawing_of

STYLE = """\
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: #fff; color: #17212b;
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
pre { padding: .75rem; background: #f6f7f9; border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; }
figure { margin: 0; overflow-x: auto; }
img { display: block; max-width: 100%; height: auto; }
.wide { min-width: 30rem; } /* smaller, its words could not be read on a phone: it scrolls */
.graph { min-width: 60rem; }
@media (prefers-color-scheme: dark) { html { color-scheme: light; } } /* its pictures are light */
table { border-collapse: collapse; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; overflow-wrap: anywhere; }
p { max-width: 70ch; color: #55616d; }
"""


def write_report(path, summary, settings, history, schedule, flow, model, train, val):
    """Write the page.

    summary    what the command prints of the run
    settings   {name: value}
    schedule   the learning rate as a function of the step
    flow       the GradientFlow that recorded the run
    train, val the data
    """
    x, y = val.tensors
    guessing = math.log(len(val.classes))
    steps = len(history.step_losses)
    parts = [
        _figure("Learning curves", plot.curves(history, guessing=guessing),
                f"Mean loss of each epoch; guessing has log {len(val.classes)} = {guessing:.3g}."),
        _figure("Learning rate", _rates(schedule, max(steps, 1)),
                f"The rate of each of the {steps} steps."),
    ]  # fmt: skip
    if flow.rows:
        parts.append(_figure(
            "Gradient flow", plot.gradient_flow(flow),
            "The gradient's length in each layer, and each update as a share of the weights.",
        ))  # fmt: skip
    confusion = plot.confusion(model, x, y, classes=list(val.classes))
    parts.append(_figure("Confusion matrix", confusion, ". ".join(confusion.data.notes)))
    if x.shape[1] == 64 and settings["data"] == "digits":
        misread = plot.misread(model, x, y)
        parts.append(_figure("Misread", misread, ". ".join(misread.data.notes)))
    parts.append(_graph(model, train))
    rows = "".join(f"<tr><td>{_text(name)}</td><td>{_text(value)}</td></tr>"
                   for name, value in settings.items() if value is not None)  # fmt: skip
    parts.append(f"<h2>Settings</h2><table>{rows}</table>")
    title = f"{settings['data']}: a run"
    body = f"<h1>{_text(title)}</h1><pre>{_text(summary)}</pre>" + "\n".join(parts)
    write_whole(path, document(title, STYLE, body).encode())


def _text(x):
    return html.escape(str(x))


def _figure(title, figure, caption):
    """A section with a picture: an image of its own, so that no two share a name inside."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    kind = "wide" if figure.get_figwidth() > 8.0 else "plot"
    return _section(title, buffer.getvalue(), caption, kind)


def _rates(schedule, steps):
    figure = plot.schedules(schedule, max_steps=steps)
    figure.axes[0].set_title("Learning rate")
    return figure


def _graph(model, train):
    drawing = drawing_of(model, train)
    try:
        svg = drawing.svg()
    except RuntimeError as error:
        return f"<h2>Graph</h2><p>not drawn: {_text(error)}</p>"
    return _section("Graph", svg, drawing.caption, "graph")


def _section(title, svg, caption, kind):
    data = base64.b64encode(svg[svg.index("<svg") :].encode()).decode()
    return (
        f"<h2>{_text(title)}</h2><figure>"
        f'<img class="{kind}" alt="{_text(title)}: {_text(caption)}" '
        f'src="data:image/svg+xml;base64,{data}">'
        f"<figcaption><p>{_text(caption)}</p></figcaption></figure>"
    )
