"""Lines of a proof: what was told, against what the service says afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

CULPRITS_NAMED_MAX = 5
CULPRIT_LINES_MAX = 15


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the proof. `culprits` say what is wrong; none: it holds."""

    name: str
    figure: str
    culprits: Sequence[str] = field(default=())

    @property
    def holds(self) -> bool:
        return not self.culprits


def ledger_equals_redis(redis: Mapping[str, Mapping[str, int]], ledger: Mapping[str, Mapping[str, int]]) -> Check:
    """The counters of each SKU, as the one and as the other has them."""
    wrong = [
        f"{sku}: Redis {dict(counters)}, Postgres {dict(ledger.get(sku, {}))}"
        for sku, counters in redis.items()
        if ledger.get(sku) != counters
    ]
    return Check("ledger = Redis, every SKU", f"{len(redis) - len(wrong):,} of {len(redis):,}", wrong)


def verified(exit_code: int, output: str) -> Check:
    """The `verify` command's own word."""
    wrong = [] if exit_code == 0 else [output or f"exit code {exit_code}"]
    return Check("`verify`: every invariant, record by record", f"exit code {exit_code}", wrong)


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    """A line each, and what is wrong below."""
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
            console.print(f"  [red]✗ {escape(check.name)}:[/] {escape(_shortened(culprit))}", highlight=False)


def show_verdict(console: Console, checks: Sequence[Check]) -> None:
    failed = sum(not check.holds for check in checks)
    console.print(
        f"[bold red]Not proven: {failed} of {len(checks)} lines fail.[/]\n" if failed else "[bold green]Proven.[/]\n"
    )


def _shortened(culprit: str) -> str:
    return "\n".join(culprit.splitlines()[-CULPRIT_LINES_MAX:])
