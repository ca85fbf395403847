"""The rows of the table: what was measured, against what, how far it should reach, and whether it did."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import Self

import msgspec

RATE, BYTES, MILLISECONDS, SECONDS = "/s", "bytes", "ms", "s"
FALLEN_BELOW = 0.7  # of the committed value: no longer what the machine does by chance

Contender = Callable[[], Awaitable[float]]


class Spread(msgspec.Struct, frozen=True):
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(median(values), min(values), max(values))


class Reach(msgspec.Struct, frozen=True):
    """How far a figure should get."""

    value: float
    at_most: bool = False

    def share(self, figure: float) -> float:
        """How much of it was reached; 1 and more is enough."""
        return self.value / max(figure, 1e-9) if self.at_most else figure / self.value

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.value:g}"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`ratio`: ours to `base`, where there is one. `reach` is of the ratio, else of ours; None: only shown.

    Without `ours` it could not be measured, and `note` says why.
    """

    name: str
    unit: str = ""
    ours: Spread | None = None
    base: Spread | None = None
    ratio: Spread | None = None
    reach: Reach | None = None
    note: str = ""

    @property
    def figure(self) -> float | None:
        """What is judged."""
        judged = self.ratio or self.ours
        return judged.median if judged else None

    @property
    def mark(self) -> str:
        if self.figure is None:
            return "not measured"
        if self.reach is None:
            return ""
        return "reached" if self.reach.share(self.figure) >= 1 else "missed"

    @property
    def comparable(self) -> float | None:
        """The figure, where it means the same on every machine: a ratio does, and so do bytes."""
        return self.figure if self.ratio or self.unit == BYTES else None

    def has_fallen(self, committed: float) -> bool:
        """Whether it is clearly worse than the committed figure."""
        if self.comparable is None:
            return False
        before = Reach(committed, at_most=self.reach.at_most if self.reach else False)
        return before.share(self.comparable) < FALLEN_BELOW


def compared(
    name: str, unit: str, ours: Sequence[float], base: Sequence[float], reach: Reach | None, note: str = ""
) -> Row:
    """Of two that took turns: each round has a ratio of its own, so that a machine that drifts drifts for both."""
    ratios = [one / other for one, other in zip(ours, base, strict=True)]
    spreads = (Spread.of(ours), Spread.of(base), Spread.of(ratios))
    return Row(name=name, unit=unit, ours=spreads[0], base=spreads[1], ratio=spreads[2], reach=reach, note=note)


def alone(name: str, unit: str, values: Sequence[float], reach: Reach | None = None, note: str = "") -> Row:
    return Row(name=name, unit=unit, ours=Spread.of(values), reach=reach, note=note)


def not_measured(name: str, error: BaseException) -> Row:
    first = str(error).strip().partition("\n")[0]
    return Row(name=name, note=f"{type(error).__name__}: {first}" if first else type(error).__name__)


async def take_turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, list[float]]:
    """One figure of each contender and round."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            figures[name].append(await contender())
    return figures
