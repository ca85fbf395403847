"""The chart of a run: how much of its reach each figure has, as SVG with its text as text."""

from pathlib import Path
from typing import cast

import matplotlib as mpl
from matplotlib import RcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from inventory_service.loadtest.chart import FAINT, INK, STYLE
from loadtests.bench.report import Record
from loadtests.bench.rows import Row

COLOURS = {"reached": "#2563eb", "missed": "#f59e0b"}
WIDTH_INCHES, ROW_INCHES, AROUND_INCHES = 11, 0.42, 1.5
TITLE = "How much of its reach each figure has"


def draw(path: Path, record: Record) -> None:
    """Write the chart of the rows that have a reach and a figure."""
    rows = [row for row in record.rows if row.reach and row.figure is not None]
    with mpl.rc_context(cast(RcParams, STYLE)):
        height_inches = AROUND_INCHES + ROW_INCHES * max(1, len(rows))
        figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained", facecolor="white")
        axis = figure.subplots()
        _bars(axis, rows)
        axis.set_title(f"{TITLE}\n", loc="left", fontsize=14, fontweight="bold")
        figure.supxlabel(record.machine, fontsize=8, color=FAINT)
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": TITLE})


def _bars(axis: Axes, rows: list[Row]) -> None:
    """On a scale where twice as much and half as much are equally far from enough."""
    shares = [row.reach.share(row.figure) for row in rows if row.reach and row.figure is not None]
    axis.barh(
        range(len(rows)), [share - 1 for share in shares], left=1, color=[COLOURS[row.mark] for row in rows], height=0.6
    )
    axis.axvline(1, color=INK, linewidth=1.2)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} ×"))
    axis.set_xlim(min([0.5, *shares]) * 0.8, max([2.0, *shares]) * 1.25)
    axis.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.tick_params(which="both", length=0)


def _label(row: Row) -> str:
    return f"{row.name}: {row.figure:,.3g} ({row.reach})"
