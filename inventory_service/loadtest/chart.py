"""The chart of a run: four panels over the same seconds, as SVG with its text as text."""

from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from matplotlib import RcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from inventory_service.loadtest.record import Record
from inventory_service.loadtest.report import seconds_of
from inventory_service.loadtest.series import Outcome, Tally, look_up

INK, FAINT, GRID = "#1f2937", "#6b7280", "#e5e7eb"
OUTCOMES = {
    Outcome.DONE: ("done", "#2563eb"),
    Outcome.REFUSED: ("refused: sold out or too late", "#93c5fd"),
    Outcome.RETRIED: ("asked again: 429, 503, no answer", "#f59e0b"),
    Outcome.FAILED: ("failed", "#dc2626"),
}
SHELF = {"shipped": "#1e3a8a", "paid": "#2563eb", "held": "#fbbf24", "left": "#d1d5db"}
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, copied and read aloud
    "svg.hashsalt": "inventory-service",
    "font.size": 11,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "legend.frameon": False,
    "legend.fontsize": 10,
}


def draw(path: Path, record: Record) -> None:
    """Write the chart of `record` to `path`."""
    with mpl.rc_context(cast(RcParams, STYLE)):
        layout = ConstrainedLayoutEngine(rect=(0.02, 0.02, 0.96, 0.93), h_pad=0.12)
        figure = Figure(figsize=(11, 11.5), layout=layout, facecolor="white")
        axes = figure.subplots(4, 1, sharex=True, height_ratios=[3, 3, 1.6, 3])
        for axis, panel in zip(axes, (_requests, _latency, _users, _shelf), strict=True):
            panel(axis, record)
        axes[-1].set_xlabel("seconds")
        axes[-1].set_xlim(0, seconds_of(record)[-1] + 1 - record.started_at_s)
        figure.text(0.02, 0.975, _title(record), fontsize=18, fontweight="bold")
        figure.text(0.02, 0.955, _subtitle(record), color=FAINT)
        figure.text(0.02, 0.01, _footnote(record), fontsize=9, color=FAINT)
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": _title(record)})


def _requests(axis: Axes, record: Record) -> None:
    tallies = _tallies(record)
    shown = [outcome for outcome in OUTCOMES if record.series.total.number(outcome)]
    edges = [*tallies, max(tallies) + 1]  # the last second has an end, too
    layers = [[tally.number(outcome) for tally in (*tallies.values(), Tally())] for outcome in shown]
    labels, colours = [OUTCOMES[outcome][0] for outcome in shown], [OUTCOMES[outcome][1] for outcome in shown]
    if layers:
        axis.stackplot(edges, *layers, labels=labels, colors=colours, step="post", linewidth=0)
    _finish(axis, f"Requests per second: up to {max(tally.requests for tally in tallies.values()):,}")


def _latency(axis: Axes, record: Record) -> None:
    total = record.series.total
    answered = {at_s: tally for at_s, tally in _tallies(record).items() if tally.requests}
    for percent, colour in ((99, "#db2777"), (50, "#0d9488")):
        values = [tally.percentile_ms(percent) for tally in answered.values()]
        axis.plot([at_s + 0.5 for at_s in answered], values, color=colour, linewidth=2, label=f"p{percent}")
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    figures = ", ".join(f"p{percent} {total.percentile_ms(percent):,.0f} ms" for percent in (50, 99))
    _finish(axis, f"Latency, ms (log scale): {figures} over all requests")


def _users(axis: Axes, record: Record) -> None:
    at_s = [sample.at_s - record.started_at_s for sample in record.samples]
    users = [sample.users for sample in record.samples]
    axis.fill_between(at_s, users, step="post", color="#c7d2fe", linewidth=0)
    axis.step(at_s, users, where="post", color="#4f46e5", linewidth=1.5)
    _finish(axis, f"Users: up to {max(users, default=0):,}")


def _shelf(axis: Axes, record: Record) -> None:
    """Where the hot SKU's units are. Of stock that hardly moved only what moved is drawn."""
    seen = [sample for sample in record.samples if sample.available is not None]
    layers = {
        "shipped": [max(0, record.delivered - (sample.on_hand or 0)) for sample in seen],
        "paid": [sample.committed or 0 for sample in seen],
        "held": [sample.held or 0 for sample in seen],
        "left": [sample.available or 0 for sample in seen],
    }
    if seen and seen[0].on_hand != record.delivered:  # more came in during the run
        del layers["shipped"]
    least = min(layers["left"], default=0)
    if least > record.delivered / 2:
        del layers["left"]
    at_s = [sample.at_s - record.started_at_s for sample in seen]
    if seen:
        axis.stackplot(at_s, *layers.values(), labels=layers, colors=[SHELF[name] for name in layers], linewidth=0)
    left = "" if "left" in layers else f", never fewer than {least:,} left"
    _finish(axis, f"Units of the hot SKU: {record.delivered:,} delivered{left}")


def _tallies(record: Record) -> dict[float, Tally]:
    """What the requests came to, by the seconds since the start at which a second of the clock begins."""
    return {second - record.started_at_s: look_up(record.series.seconds, str(second)) for second in seconds_of(record)}


def _finish(axis: Axes, title: str) -> None:
    axis.set_title(title, loc="left", fontsize=12, fontweight="bold")
    if axis.get_yscale() == "linear":
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.grid(visible=False, axis="x")
    axis.tick_params(which="both", length=0)
    handles, labels = axis.get_legend_handles_labels()
    if labels:
        axis.legend(handles, labels, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(labels), borderaxespad=0.2)


def _title(record: Record) -> str:
    name, counts = record.scenario.replace("_", " ").capitalize(), record.counts
    if not counts.get("orders"):
        return f"{name}: {record.series.total.requests:,} requests"
    oversold = next((line for line in record.checks if line.name.startswith("oversold")), None)
    sold = f"{counts['units confirmed']:,} of {counts['units delivered']:,} units sold"
    return f"{name}: {sold}, {oversold.figure if oversold else '?'} oversold"


def _subtitle(record: Record) -> str:
    total = record.series.total
    failing = sum(bool(line.wrong) for line in record.checks)
    proof = f"{failing} of {len(record.checks)} lines of the proof fail" if failing else "proven"
    asked = f"{total.requests:,} requests in {len(seconds_of(record))} s, {total.number(Outcome.FAILED):,} failed"
    orders = f"{record.counts.get('orders', 0):,} orders, {record.counts.get('holds granted', 0):,} of them held"
    return " · ".join([asked, orders, proof] if record.counts.get("orders") else [asked, proof])


def _footnote(record: Record) -> str:
    made_by = f"inventory-service {record.service or '?'}, Locust {record.locust_version}"
    processes = len(record.cpu_percent)
    load = f"{processes} load process{'es' * (processes > 1)}"
    return f"{record.machine} · {made_by} · {load}"
