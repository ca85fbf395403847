"""How long a run takes, and what it is made of."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from loadtests.bench.rows import Row

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Form:
    """`rounds`: turns of each contender, of `turn_seconds` behind a warm-up. `seconds_max`: of all; what would come
    later is not measured.
    """

    name: str
    rounds: int
    turn_seconds: float
    warm_up_seconds: float
    reservations: int  # of a turn at the kernel
    holds: int  # whose memory is measured, and as many ids
    seconds_max: float


QUICK = Form("quick", 3, 0.8, 0.2, 5_120, 20_000, 50.0)
USUAL = Form("usual", 3, 1.5, 0.3, 25_600, 50_000, 285.0)
FULL = Form("full", 5, 3.0, 0.5, 25_600, 50_000, 3_600.0)
FORMS = {form.name: form for form in (QUICK, USUAL, FULL)}

ALWAYS = (QUICK.name, USUAL.name, FULL.name)
NOT_QUICK = (USUAL.name, FULL.name)
ONLY_FULL = (FULL.name,)


@dataclass(frozen=True, slots=True)
class Figure(Generic[Place]):
    """`measure` gives its rows, of what runs at `place`."""

    name: str
    measure: Callable[[Place, Form], Awaitable[Sequence[Row]]]
    forms: Sequence[str] = ALWAYS


@dataclass(frozen=True, slots=True)
class Group(Generic[Place]):
    """Figures of one place, which is opened once for all of them."""

    open: Callable[[], AbstractAsyncContextManager[Place]]
    figures: Sequence[Figure[Place]]
