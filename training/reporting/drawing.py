"""The figures as pictures: shares of stances by group, tone over time."""

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from model.stance import STANCES, Stance
from model.untrusted import told
from training.reporting.findings import Findings
from training.reporting.periods import Every, following
from training.reporting.quantify import Estimate
from training.reporting.tally import Line

MOST_GROUPS = 25
"""Groups that a picture shows."""

_COLOURS = {Stance.CONCILIATORY: "#005a9c", Stance.HOSTILE: "#a83800", Stance.NEUTRAL: "#cfccc7"}
_ORDER = (Stance.HOSTILE, Stance.NEUTRAL, Stance.CONCILIATORY)  # from conflict to cooperation
_CURVES = {"tone": ("#1c1b1a", "mean tone"), "balance": ("#a3195b", "corrected balance")}
_DAYS = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 30, Every.YEAR: 365}
_MANY, _FEW = "#cfccc7", "#87817a"
_LONGEST = 32  # characters of a name


def draw_shares(findings: Findings) -> bytes:
    """Draw a PNG: for each group bars of corrected and of raw shares, and beside them the corrected ones' intervals."""
    lines = [findings.whole, *findings.groups[:MOST_GROUPS]]
    figure = Figure(figsize=(10, 1.6 + 0.4 * len(lines)), layout="constrained")
    bars, bounds = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2], gridspec_kw={"wspace": 0.06})
    places = np.arange(len(lines), dtype=np.float64)[::-1]
    _draw_bars(bars, [line.estimates.corrected for line in lines], places + 0.1, 0.44)
    _draw_bars(bars, [line.estimates.raw for line in lines], places - 0.24, 0.14)
    for stance, offset in ((Stance.HOSTILE, 0.14), (Stance.CONCILIATORY, -0.14)):
        _draw_bounds(bounds, lines, stance, places + offset)
    bars.set_yticks(places, [f"{shown_name(line)}   {line.quotes:,}" for line in lines], parse_math=False)
    bars.set_title("shares, corrected; thin: as counted", loc="left", fontsize=10)
    bounds.set_title("corrected, 95 % intervals; hollow: as counted", loc="left", fontsize=10)
    for axes in (bars, bounds):
        axes.set(xlim=(0, 1), ylim=(-0.6, len(lines) - 0.4))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.tick_params(left=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
    bounds.grid(axis="x", color="#e8e5e0")
    bounds.set_axisbelow(True)
    figure.legend(bars.get_legend_handles_labels()[0][:3], _ORDER, loc="outside lower center", ncols=3, frameon=False)
    return _png(figure)


def draw_tone(findings: Findings) -> bytes:
    """Draw a PNG: mean tone and corrected balance by period with bands, and below how many quotes there are."""
    division = findings.division
    figure = Figure(figsize=(9, 5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    upper.axhline(0, color=_MANY, linewidth=1)
    for name, (colour, label) in _CURVES.items():
        _draw_curve(upper, findings, name, colour, label)
    if any(line.quotes < division.fewest for line in findings.periods):
        upper.plot([], [], "o", color=_FEW, markerfacecolor="white", label=f"fewer than {division.fewest} quotes")
    upper.set_ylabel("← hostile      conciliatory →")
    upper.set_title(f"by {division.every}, with 95 % intervals", loc="left", fontsize=10)
    days, width = _days(findings.periods, division.every), _DAYS[division.every] * 0.8
    for colour, label, counts in (
        (_MANY, "quotes", [line.quotes for line in findings.periods]),
        (_FEW, "of these uncertain", [line.uncertain for line in findings.periods]),
    ):
        lower.bar(days, counts, width, color=colour, label=label)
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False, ncols=3, fontsize=9, borderpad=0)
    return _png(figure)


def shown_name(line: Line) -> str:
    """Return a line's name for a picture or page: on one line, and how many groups stand behind it."""
    if line.pooled:
        return f"others ({line.pooled:,} group{'s'[: line.pooled > 1]})"
    name = told(line.name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _draw_bars(axes: Axes, shares: list[tuple[Estimate, ...]], places: npt.NDArray[np.float64], height: float) -> None:
    left = np.zeros(len(shares))
    for stance in _ORDER:
        widths = np.array([each[STANCES.index(stance)].value for each in shares])
        axes.barh(places, widths, height, left, color=_COLOURS[stance], label=stance)
        left += widths


def _draw_bounds(axes: Axes, lines: Sequence[Line], stance: Stance, places: npt.NDArray[np.float64]) -> None:
    colour, at = _COLOURS[stance], STANCES.index(stance)
    for place, line in zip(places, lines, strict=True):
        raw, corrected = line.estimates.raw[at], line.estimates.corrected[at]
        axes.plot([corrected.low, corrected.high], [place] * 2, color=colour, linewidth=1.6, clip_on=False)
        axes.plot(raw.value, place, "o", color=colour, markerfacecolor="white", markersize=4.5, clip_on=False)
        axes.plot(corrected.value, place, "o", color=colour, markersize=5, clip_on=False)


def _draw_curve(axes: Axes, findings: Findings, name: str, colour: str, label: str) -> None:
    """Draw a figure and its band, broken where periods have no quotes; a period of few quotes has a hollow dot."""
    lines, every = findings.periods, findings.division.every
    estimates: list[Estimate] = [getattr(line.estimates, name) for line in lines]
    days, table = _days(lines, every), np.array([(each.value, each.low, each.high) for each in estimates])
    gaps = [i for i in range(1, len(lines)) if lines[i].first != following(lines[i - 1].first, every)]
    at = np.insert(days, gaps, days[gaps])
    value, low, high = np.insert(table, gaps, np.nan, axis=0).T
    axes.fill_between(at, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(at, value, color=colour, linewidth=1.6, label=label)
    few = np.array([line.quotes < findings.division.fewest for line in lines])
    for those, face in ((few, "white"), (~few, colour)):
        axes.plot(days[those], table[those, 0], "o", color=colour, markersize=4, markerfacecolor=face)
    alone = [i for i in range(len(lines)) if {i, i + 1} <= {0, *gaps, len(lines)}]  # where a band has no width
    axes.vlines(days[alone], table[alone, 1], table[alone, 2], color=colour, alpha=0.4, linewidth=1)


def _days(lines: Sequence[Line], every: Every) -> Any:
    """Return the middles of periods."""
    firsts = np.array([line.first for line in lines], dtype="datetime64[h]")
    return firsts + np.timedelta64(12 * _DAYS[every], "h")


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The font lacks some scripts; their names are drawn as boxes, and stand in the table.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
