"""What is shown while something runs: a live picture of 80 columns, or a line every two seconds without a terminal."""

import asyncio
import os
from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.live import Live

WIDTH = 80
FRAME_SECONDS = 0.25
LINE_SECONDS = 2.0


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
