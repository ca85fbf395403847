"""The sale in the terminal: a live picture of 80 columns, or a plain line where there is no terminal."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from inventory_service.demo.crowd import regions
from inventory_service.demo.sale import Board
from inventory_service.demo.scene import HOT_NAME, warehouses
from inventory_service.demo.screen import WIDTH, bar, legend
from inventory_service.domain.places.units import PROVINCES
from inventory_service.outside.orders import Word

_PROVINCE_NAMES = {province.code: f"{province.english_name}" for province in PROVINCES}
_WAREHOUSE_NAMES = {code: body["name"] for code, body in warehouses().items()}
_BAR = (("shipped", "█", "green"), ("paid", "▓", "cyan"), ("held", "▒", "yellow"), ("left", "░", "bright_black"))


def line(board: Board) -> str:
    """What the picture tells, in one plain line."""
    counts = unit_counts(board)
    figures = ", ".join(f"{name} {counts[name]:,}" for name in ("left", "held", "paid", "shipped"))
    expired = board.book.counts()[Word.EXPIRED]
    slowest = board.pulse.percentile_ms("reserve", 99, recent=True)
    rate = board.pulse.calls_per_second()
    return f"{board.elapsed_s:5.1f} s: {figures}, expired {expired:,}; {rate:,.0f}/s, p99 {slowest:.0f} ms"


def unit_counts(board: Board) -> dict[str, int]:
    """Units of the hot SKU as the service told them last: shipped, paid (to be shipped), held, left to sell."""
    stock = board.stock
    if not stock:
        return {"shipped": 0, "paid": 0, "held": 0, "left": board.options.units}
    return {
        "shipped": board.options.units - stock["on_hand"],
        "paid": stock["committed"],
        "held": stock["held"],
        "left": stock["available"],
    }


def picture(board: Board) -> RenderableType:
    """The whole view, 80 columns by 21 lines."""
    title = f"Flash sale of {HOT_NAME}: {board.options.units:,} units, {len(board.crowd):,} shoppers"
    tables = Table.grid(expand=True, padding=(0, 1))
    tables.add_column(width=41)
    tables.add_column()
    tables.add_row(_shoppers(board), _service(board))
    tables.add_row("", "")
    tables.add_row(_warehouses(board), _provinces(board))
    counts = unit_counts(board)
    return Panel(
        Group(bar(_BAR, counts, board.options.units), legend(_BAR, counts), Text(), tables),
        title=title,
        subtitle=f"{board.elapsed_s:.1f} s · {board.phase} · from {regions(board.crowd)} provinces",
        width=WIDTH,
        border_style="blue",
    )


def _pairs() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    return table


def _shoppers(board: Board) -> Table:
    table, counts = _pairs(), board.book.counts()
    table.add_row("shoppers arrived", f"{board.arrived:,} of {len(board.crowd):,}")
    table.add_row("hold, not paid yet", f"{counts[Word.HELD]:,}")
    table.add_row("have paid", f"{counts[Word.CONFIRMED]:,}")
    table.add_row("gave it back", f"{counts[Word.RELEASED]:,}")
    table.add_row("let it expire", f"{counts[Word.EXPIRED]:,}")
    table.add_row("told: sold out", f"{counts[Word.REFUSED]:,}")
    return table


def _service(board: Board) -> Table:
    table, book, pulse = _pairs(), board.book, board.pulse
    p50, p99 = (pulse.percentile_ms("reserve", percent, recent=True) for percent in (50, 99))
    sold = book.units([Word.CONFIRMED], board.hot_sku)
    table.add_row("requests, per s", f"{pulse.calls:,}, {pulse.calls_per_second():,.0f}")
    table.add_row("reserve p50, p99", f"{p50:.0f}, {p99:.0f} ms")
    table.add_row("repeats, same answer", f"{book.repeats_answered_alike:,}")
    table.add_row("paid late, regained", f"{book.paid_late:,}, {book.reacquired:,}")
    table.add_row("scans, duplicates", f"{len(book.scans):,}, {book.duplicate_scans:,}")
    table.add_row("oversold", f"{max(0, sold - board.options.units):,}")
    return table


def _figures(*names: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(names[0], no_wrap=True)
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _warehouses(board: Board) -> Table:
    table = _figures("warehouse", "left", "held", "paid")
    rows = {row["warehouse"]: row for row in board.stock.get("warehouses", ())}
    for code, name in _WAREHOUSE_NAMES.items():
        row = rows.get(code)
        figures = [f"{row[field]:,}" for field in ("available", "held", "committed")] if row else ["-"] * 3
        table.add_row(name, *figures)
    return table


def _provinces(board: Board) -> Table:
    table = _figures("paid in", "units")
    paid = board.book.paid_by_region(board.hot_sku)
    for code, units in list(paid.items())[: len(_WAREHOUSE_NAMES) - 1]:
        table.add_row(_PROVINCE_NAMES[code], f"{units:,}")
    others = list(paid.values())[len(_WAREHOUSE_NAMES) - 1 :]
    if others:
        table.add_row(f"{len(others)} others", f"{sum(others):,}", style="dim")
    return table
