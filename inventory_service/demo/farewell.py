"""The end of the demo on the screen: the proof, and what one can try now."""

from collections.abc import Sequence

from rich.console import Console

from inventory_service.demo.sale import Board
from inventory_service.outside.orders import Word
from inventory_service.outside.proof import Check, show_checks, show_verdict


def show_proof(console: Console, checks: Sequence[Check], board: Board) -> None:
    show_checks(console, checks)
    _show_figures(console, board)
    show_verdict(console, checks)


def _show_figures(console: Console, board: Board) -> None:
    book, pulse, hot = board.book, board.pulse, board.hot_sku
    words = {
        "sold": [Word.CONFIRMED],
        "given back": [Word.RELEASED],
        "expired": [Word.HELD, Word.EXPIRED],
    }
    units = ", ".join(f"{book.units(wanted, hot):,} {name}" for name, wanted in words.items())
    refused = book.counts()[Word.REFUSED]
    p50, p99 = (pulse.percentile_ms("reserve", percent) for percent in (50, 99))
    calls = len(pulse.latencies_ms["reserve"])
    console.print(
        f"\nUnits     {units}, {book.shipped(hot):,} shipped"
        f"\nShoppers  {refused:,} of {len(board.crowd):,} went away without"
        f"\nReserve   p50 {p50:.0f} ms, p99 {p99:.0f} ms over {calls:,} calls, shoppers on the same machine\n",
        highlight=False,
    )


def invite(console: Console, url: str, api_key: str, hot_sku: str) -> None:
    """URLs and one command that works when pasted."""
    console.print(
        f"Docs     {url}/docs\nMetrics  {url}/metrics\nReady    {url}/readyz\n\n"
        "Try it in another terminal:\n\n"
        f"export KEY={api_key}\n"
        f'curl -s -H "Authorization: Bearer $KEY" {url}/v1/stock/{hot_sku}\n\n'
        "Ctrl-C stops everything.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
