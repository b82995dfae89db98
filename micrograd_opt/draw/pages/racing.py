"""race: a race as a page: the paths on the contour, step by step, and each update in numbers.

Python races and tells; assets/race.js draws what it is handed, at the place of the slider.
Read next: `check/`.
"""

import math
import re

from ...engine.arguments import checked
from ...engine.state import no_grad
from ...engine.value import Value
from ...optim.racing.results import TUNES, Race
from ...optim.racing.table import CAUTION, RATES, finite
from ..dot.text import clean
from ..tape.explain import explain
from .page import Page, asset, controls, page

SIZE = 81  # heights of the surface along each axis
NUMBER = re.compile(r"(?<![\w.])-?\d[\w.+-]*(?<![.+-])")


def race(races, title=None):
    """A race as a page: play, step, back, a slider and arrow keys move all contenders together.

    races   what `optim.race` returned; or {label: Race} of several with the same contenders and
            the same budget, as {"κ = 10": …, "κ = 100": …}: a second slider goes from one to the
            next

    The clock counts gradient evaluations, so that SAM pays for its second point. All start from the
    first start. A switch shows the same rate for all, each one's best, or the defaults. On the page
    are the table of all starts, the loss against evaluations, the loss at the end against the
    rate, the time to the target, and the update of the step under the cursor with its numbers, as
    `explain` tells it. Functions of two numbers have a contour with the paths on it.

    ValueError for races of other contenders or budgets, TypeError for what is no Race.

    >>> from micrograd_opt.optim import race as compete, surfaces
    >>> valley = surfaces.valley(condition=10)
    >>> race(compete(valley, valley.start, ["momentum"], budget=50, starts=1))
    RacePage(valley: sgd, adam, momentum; 50 evaluations)
    """
    scenes = races if isinstance(races, dict) else {"": races}
    for label, result in scenes.items():
        checked(label, str, "draw.race: labels")
        if not isinstance(result, Race):
            raise TypeError(f"draw.race: expected what optim.race returns, got {result!r:.60}")
    if not scenes:
        raise ValueError("draw.race: no race to show")
    first = next(iter(scenes.values()))
    for label, result in scenes.items():
        if (list(result.runs), result.budget) != (list(first.runs), first.budget):
            raise ValueError(
                f"draw.race: {label}: {result!r}, but the first is {first!r}; race them with the "
                "same optimizers and budget"
            )
    names = ", ".join(first.runs)
    summary = f"RacePage({first.name}: {names}; {first.budget} evaluations)"

    def write(time_limit):
        body = asset("race.html").format(
            caution=CAUTION, budget=f"{first.budget:,}", controls=controls("Gradient evaluations")
        )
        data = {
            "contenders": list(first.runs), "budget": first.budget, "rates": RATES,
            "scenes": [scene(label, result, title) for label, result in scenes.items()],
        }  # fmt: skip
        heading = first.title if title is None else title
        styles, scripts = ("player.css", "race.css"), ("player.js", "race.js")
        return page(heading, body.rstrip(), data, styles, scripts)

    return Page(summary, write)


def scene(label, result, title=None):
    """A race as the script reads it."""
    tunes = [tune for tune in TUNES if result.rates or tune == "defaults"]
    tables, shown = {tune: result.rows(tune) for tune in tunes}, {}
    for row in [row for rows in tables.values() for row in rows]:
        row["run"] = shown.setdefault((row["name"], row["rate"]), len(shown))
    runs = [_run(result, name, rate) for name, rate in shown]
    return {
        "label": clean(label),
        "title": clean(result.title if title is None else title),
        "names": result.names,
        "starts": len(result.starts),
        "target": result.target,
        "tune": result.tune,
        "tables": tables,
        "sensitivity": {
            name: [(rate, finite(loss)) for rate, loss in result.sensitivity(name)]
            for name in result.runs
        },
        "runs": runs,
        "surface": _surface(result, runs) if len(result.names) == 2 and result.has_paths else None,
    }


def _run(result, name, rate):
    """A run from the first start, and the words of each step as (number of a text, its numbers).

    A text that comes again, but for its numbers, is written once.
    """
    run, texts, words = result.runs[name][rate][0], {}, []

    def tell(optimizer):
        text = str(explain(optimizer))
        template = NUMBER.sub("#", text)
        words.append((texts.setdefault(template, len(texts)), NUMBER.findall(text)))

    if result.has_paths:
        result.replay(name, rate, tell)
    return {
        "losses": run.losses,
        "evaluations": run.evaluations,
        "path": run.path,
        "ended": run.ended,
        "texts": list(texts),
        "words": words,
    }


def _surface(result, runs):
    """The heights of a function of two numbers, row by row from below; null where it has none."""
    limits = result.limits([run["path"] for run in runs if run["ended"] is None])
    xs, ys = ([low + (high - low) * i / (SIZE - 1) for i in range(SIZE)] for low, high in limits)
    with no_grad():
        heights = [[_height(result.f, x, y) for x in xs] for y in ys]
    minimum = getattr(result.f, "minimum", None)
    return {"limits": limits, "heights": heights, "minimum": minimum}


def _height(f, x, y):
    try:
        height = f(Value(x), Value(y)).item()
    except (ArithmeticError, ValueError):
        return None
    return float(f"{height:.5g}") if math.isfinite(height) else None
