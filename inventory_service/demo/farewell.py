"""The end of the demo on the screen: the proof, and what one can try now."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inventory_service.demo.proof import Check
from inventory_service.demo.sale import Board
from inventory_service.demo.told import Word

CULPRITS_NAMED_MAX = 5


def show_proof(console: Console, checks: Sequence[Check], board: Board) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for check in checks:
        table.add_row("[green]✓[/]" if check.holds else "[red]✗[/]", check.name, check.figure)
    console.print("\n[bold]The proof[/]: what shoppers and warehouse were told, against what the service says")
    console.print(table, highlight=False)
    for check in checks:
        for culprit in check.culprits[:CULPRITS_NAMED_MAX]:
            console.print(f"  [red]✗ {escape(check.name)}:[/] {escape(culprit)}", highlight=False)
    _show_figures(console, board)
    failed = sum(not check.holds for check in checks)
    console.print(f"[bold red]{failed} lines of the proof failed[/]\n" if failed else "[bold green]Proven.[/]\n")


def _show_figures(console: Console, board: Board) -> None:
    book, pulse, hot = board.book, board.pulse, board.hot_sku
    words = {
        "sold": [Word.CONFIRMED],
        "given back": [Word.RELEASED],
        "expired": [Word.HELD, Word.EXPIRED],
    }
    units = ", ".join(f"{book.units(wanted, hot):,} {name}" for name, wanted in words.items())
    console.print(f"Units: {units}, {book.shipped(hot):,} shipped; {book.counts()[Word.REFUSED]:,} shoppers refused.")
    console.print(
        f"Reserve p50 {pulse.percentile_ms('reserve', 50):.0f} ms, p99 {pulse.percentile_ms('reserve', 99):.0f} ms"
        f" over {len(pulse.latencies_ms['reserve']):,} calls,"
        " shoppers and service on this one machine."
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
