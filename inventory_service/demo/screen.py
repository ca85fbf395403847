"""What is shown while something runs: a live picture of 80 columns, or a line every two seconds without a terminal."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

WIDTH = 80
FRAME_SECONDS = 0.25
LINE_SECONDS = 2.0

Part = tuple[str, str, str]
"""Of a bar: its name, its glyph and its style."""


def bar(parts: Sequence[Part], counts: Mapping[str, int], whole: int) -> Text:
    """As wide as a panel's inside. Each part is rounded with those before it, so that all of them fill it."""
    drawn_bar, drawn, sum_so_far = Text(), 0, 0
    for name, glyph, style in parts:
        sum_so_far += counts[name]
        cells = round((WIDTH - 4) * sum_so_far / max(1, whole)) - drawn
        drawn_bar.append(glyph * cells, style)
        drawn += max(0, cells)
    return drawn_bar


def legend(parts: Sequence[Part], counts: Mapping[str, int]) -> Text:
    return Text("   ").join(Text.assemble((glyph, style), f" {name} {counts[name]:,}") for name, glyph, style in parts)


def is_live(console: Console) -> bool:
    return console.is_terminal and not os.environ.get("CI")


async def watch(console: Console, picture: Callable[[], RenderableType], line: Callable[[], str]) -> None:
    """Show what `picture` draws until cancelled, and its last state after that."""
    if not is_live(console):
        await _print_lines(console, line)
        return
    with Live(picture(), console=console, auto_refresh=False) as live:
        try:
            while True:
                live.update(picture(), refresh=True)
                await asyncio.sleep(FRAME_SECONDS)
        finally:
            live.update(picture(), refresh=True)


async def _print_lines(console: Console, line: Callable[[], str]) -> None:
    while True:
        await asyncio.sleep(LINE_SECONDS)
        console.print(line(), highlight=False, soft_wrap=True)
