"""One line of `doctor`: what was looked at, the verdict, and what mends it."""

from dataclasses import dataclass
from enum import StrEnum

PROGRAM = "inventory-service"


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works now, and may not for long, or not at its best
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Line:
    """`mend` is one sentence, with a command where there is one; "" when all is well."""

    topic: str  # machine, redis, postgres or service
    name: str
    verdict: Verdict
    detail: str
    mend: str = ""


def ok(topic: str, name: str, detail: str) -> Line:
    return Line(topic, name, Verdict.OK, detail)


def warning(topic: str, name: str, detail: str, mend: str) -> Line:
    return Line(topic, name, Verdict.WARNING, detail, mend)


def wrong(topic: str, name: str, detail: str, mend: str) -> Line:
    return Line(topic, name, Verdict.WRONG, detail, mend)


def size(count: int) -> str:
    """Bytes for people: `1.5 GiB`."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
