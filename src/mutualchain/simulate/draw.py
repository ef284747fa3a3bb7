"""A simulation drawn: as lines of text for a terminal, and as a PNG where matplotlib is installed.

Headcount, share, what is carried over (surplus above zero, deficit below) and lapses, a column or a point each period.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ..errors import UsageError
from ..money import format_amount
from .play import Simulation

__all__ = ["SERIES", "chart", "has_plot", "series", "write_png"]

SERIES: Final = ("headcount", "share", "carried over", "lapsed")
"""What is drawn, in this order."""

_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = " ..::||##"


def series(run: Simulation) -> dict[str, list[int]]:
    """The values of each of SERIES, one a period: members, and amounts in minor units."""
    return {
        "headcount": [item.sharing or item.members for item in run.periods],
        "share": [item.share for item in run.periods],
        "carried over": [item.surplus - item.deficit for item in run.periods],
        "lapsed": [item.lapsed for item in run.periods],
    }


def chart(values: Sequence[int], width: int, height: int = 4, *, unicode: bool = True) -> list[str]:
    """``values`` as ``height`` lines of columns from zero (or the lowest, if below) to the highest; at most ``width``.

    Where there are more values than columns, a column is the mean of its values.
    """
    if not values:
        return [""] * height
    columns = _squeezed(values, width)
    low, high = min(0, *columns), max(0, *columns)
    span = (high - low) or 1
    steps = len(_BLOCKS) - 1
    full = [round((value - low) * height * steps / span) for value in columns]
    marks = _BLOCKS if unicode else _ASCII
    lines = []
    for row in range(height - 1, -1, -1):
        lines.append("".join(marks[min(max(level - row * steps, 0), steps)] for level in full))
    return lines


def _squeezed(values: Sequence[int], width: int) -> list[float]:
    count = min(len(values), max(width, 1))
    bounds = [at * len(values) // count for at in range(count + 1)]
    return [sum(values[low:high]) / (high - low) for low, high in pairwise(bounds)]


# --- PNG ----------------------------------------------------------------------------------------


def has_plot() -> bool:
    """Whether matplotlib is installed (the extra ``plot``)."""
    return importlib.util.find_spec("matplotlib") is not None


def write_png(run: Simulation, path: Path, title: str = "") -> None:
    """Draw a simulation into a PNG file. Raises UsageError where matplotlib is not installed."""
    if not has_plot():
        raise UsageError("matplotlib is not installed", hint="Install mutualchain[plot], or leave the PNG out.")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    covenant, found = run.covenant, series(run)
    unit = 10**covenant.decimals
    days = [date(1970, 1, 1) + timedelta(item.day) for item in run.periods]
    figure: Any = Figure(figsize=(11, 8), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title or _ascii(covenant.title) or "simulation")
    panels = figure.subplots(2, 2)
    labels = {
        "headcount": "members who share",
        "share": f"share of a round, {covenant.currency}",
        "carried over": f"surplus (deficit below zero), {covenant.currency}",
        "lapsed": "members lapsed at the snapshot",
    }
    for panel, name in zip(panels.flat, SERIES, strict=True):
        money = name in ("share", "carried over")
        values = [value / unit if money else value for value in found[name]]
        panel.plot(days, values, drawstyle="steps-post", linewidth=1.2)
        panel.fill_between(days, values, step="post", alpha=0.2)
        blocked = [day for day, item in zip(days, run.periods, strict=True) if item.rule]
        for day in blocked:
            panel.axvline(day, color="tab:red", alpha=0.25, linewidth=0.8)
        panel.set_title(labels[name], fontsize=10)
        panel.grid(alpha=0.3)
        panel.tick_params(labelsize=8)
        if min(values, default=0) >= 0:
            panel.set_ylim(bottom=0)
    figure.supxlabel(_footnote(run), fontsize=7, color="gray")
    figure.savefig(path, format="png", metadata={"Software": None})


def _footnote(run: Simulation) -> str:
    cost = sum(year.cost for year in run.years()) // max(len(run.years()), 1)
    each = format_amount(cost, run.covenant.decimals)
    text = f"seed {run.seed}, {run.assumed.members:,} members at first; {each} {run.covenant.currency} a year each."
    return f"{text} A simulation under assumptions, no promise. Not insurance."


def _ascii(text: str) -> str:
    """A title for the fonts that come with matplotlib, which have no Chinese."""
    return text if text.isascii() else ""
