"""The three shops in the terminal: a live picture of 80 columns, or a plain line where there is no terminal."""

from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from inventory_service.demo.channels.board import Board, Figures
from inventory_service.demo.scene import HOT_NAME
from inventory_service.demo.screen import WIDTH, bar, legend

STORY_LINES = 4
TIME_COLUMNS = 9  # before each line of the story
_BAR = (("committed", "▓", "cyan"), ("held", "▒", "yellow"), ("left", "░", "bright_black"))
_ROWS: list[tuple[str, Callable[[Figures], int]]] = [
    ("on the platform", lambda figures: figures.on_platform),
    ("arrived here", lambda figures: figures.arrived),
    ("held, not paid yet", lambda figures: figures.held),
    ("committed, paid", lambda figures: figures.committed),
    ("told to the warehouse", lambda figures: figures.told),
    ("… and acknowledged", lambda figures: figures.acknowledged),
    ("waiting for stock", lambda figures: figures.oversold),
    ("cancelled, refunded", lambda figures: figures.given_back),
]


def line(board: Board) -> str:
    """What the picture tells, in one plain line."""
    counts = unit_counts(board)
    left = ", ".join(f"{name} {counts[name]:,}" for name in ("left", "held", "committed"))
    shops = []
    for platform in board.platforms:
        figures = board.figures(platform.shop.name)
        lag = f", {figures.lag_s:.0f} s behind" if figures.lag_s >= 1 else ""
        shops.append(f"{platform.shop.short} {figures.arrived} of {figures.on_platform}{lag}")
    return f"{board.elapsed_s:5.1f} s: {left}; {'; '.join(shops)} ({board.phase})"


def unit_counts(board: Board) -> dict[str, int]:
    """Units of the scarce article as the service told them last."""
    stock = board.stock.get(board.hot_sku)
    if not stock:
        return {"committed": 0, "held": 0, "left": board.options.units}
    return {"committed": stock["committed"], "held": stock["held"], "left": stock["available"]}


def picture(board: Board) -> RenderableType:
    """The whole view, 80 columns by 22 lines."""
    title = f"Three shops, one stock: {board.options.units:,} {HOT_NAME}, {len(board.crowd.shoppers):,} shoppers"
    counts = unit_counts(board)
    return Panel(
        Group(bar(_BAR, counts, board.options.units), legend(_BAR, counts), _shops(board), Text(), *_story(board)),
        title=title,
        subtitle=f"{board.elapsed_s:.1f} s · {board.phase}",
        width=WIDTH,
        border_style="blue" if board.alarm is None or board.is_alarm_over else "red",
    )


def _shops(board: Board) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("orders", style="dim", width=28, no_wrap=True)
    figures = [board.figures(platform.shop.name) for platform in board.platforms]
    for platform in board.platforms:
        table.add_column(platform.shop.short, justify="right", width=12, no_wrap=True)
    for name, figure in _ROWS:
        table.add_row(name, *(f"{figure(each):,}" for each in figures))
    table.add_row("oldest not here yet", *(_lag(each) for each in figures))
    for article in board.articles:
        shown = [board.books.get(platform.shop.name, {}).get("stock", {}) for platform in board.platforms]
        table.add_row(f"shown there: {article.name}", *(f"{each.get(article.code, 0):,}" for each in shown))
    return table


def _lag(figures: Figures) -> Text:
    return Text(f"{figures.lag_s:.1f} s", style="red" if figures.lag_s >= 5 else "")


def _story(board: Board) -> list[Text]:
    """The last of it, in a room that stays as large."""
    lines = [piece for told in board.story for piece in wrapped(told)][-STORY_LINES:]
    return [Text(each, no_wrap=True, overflow="ellipsis") for each in lines + [""] * (STORY_LINES - len(lines))]


def wrapped(told: str) -> list[str]:
    """One line of the story, its later pieces behind the time. Chinese takes two columns a sign, and rich knows."""
    at, rest = told[:TIME_COLUMNS], told[TIME_COLUMNS:]
    pieces = Text(rest).wrap(Console(), WIDTH - 4 - TIME_COLUMNS)
    return [(" " * TIME_COLUMNS if place else at) + piece.plain.rstrip() for place, piece in enumerate(pieces)]
