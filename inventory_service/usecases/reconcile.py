"""Compare Redis with the ledger, slice by slice and without end; whatever differs is told with the events behind it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_service.domain.errors import NotReady
from inventory_service.domain.reservation import OPEN_STATUSES, Reservation
from inventory_service.domain.stock import Stock
from inventory_service.usecases.ledger_ports import Difference, DifferenceBook, LedgerWalk, SubjectKind
from inventory_service.usecases.ports import HotState, LedgerSnapshots

SLICE = 500
APART_S = 0.5  # 1,000 records a second: a million SKUs in half an hour
ROUND_APART_S = 10.0  # a small shop is not compared without a pause
LOOKS_MAX = 5  # what goes on changing is looked at again in the next round
TOLD_MAX = 100  # per round: where everything differs, a few hundred alarms say no more

Record = Stock | Reservation
Slice = tuple[SubjectKind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Looked:
    """`alike`: as they should be. What the ledger does not have yet, or has aside, is in neither."""

    alike: Sequence[str]
    differing: Mapping[str, Difference]


class Reconcile:
    """`run_once` is a `Loop`. A difference is believed when a second look, later, finds the very same records.

    The walk goes over all that Redis has, then over what the ledger has and Redis ought to have, but has not. Only
    records of which the ledger must have the last event are compared: a writer that lags behind is no difference.
    """

    def __init__(self, hot: HotState, ledger: LedgerSnapshots, walk: LedgerWalk, book: DifferenceBook) -> None:
        self._hot = hot
        self._ledger = ledger
        self._walk = walk
        self._book = book
        self._slices = self._rounds()
        self._suspects: Mapping[str, Difference] = {}
        self._looks = 0
        self._told: set[str] = set()  # in this round: HSCAN may come by a name twice

    async def run_once(self) -> float:
        """Seconds until the next slice. Raises NotReady."""
        if not (await self._hot.inspect()).gate_is_open:
            self._suspects = {}
            return APART_S
        if self._suspects:
            await self._look_again()
            return APART_S
        part = await self._next_slice()
        if part is None:
            return ROUND_APART_S
        self._suspects, self._looks = (await self._look(*part)).differing, 1
        return APART_S

    async def _next_slice(self) -> Slice | None:
        """None: a round has ended. Where a store went away it begins anew."""
        try:
            return await anext(self._slices)
        except NotReady:
            self._slices = self._rounds()
            raise

    async def _rounds(self) -> AsyncIterator[Slice | None]:
        """Without end, slice by slice, and None behind each: of an empty shop there is nothing else."""
        while True:
            self._told = set()
            for kind in (SubjectKind.SKU, SubjectKind.RESERVATION):
                async for names in self._in_redis(kind):
                    yield kind, names
                async for names in self._only_in_ledger(kind):
                    yield kind, names
                await self._close_what_is_mended(kind)
            await self._book.round_ended(len(self._told))
            yield None

    async def _in_redis(self, kind: SubjectKind) -> AsyncIterator[Sequence[str]]:
        cursor = ""
        while cursor != "0":
            cursor, names = await self._hot.names(kind, cursor or "0", SLICE)
            for first in range(0, len(names), SLICE):  # a small hash comes whole
                yield names[first : first + SLICE]

    async def _only_in_ledger(self, kind: SubjectKind) -> AsyncIterator[Sequence[str]]:
        """Slices of what Redis does not have; mostly they are empty."""
        names = await self._walk.names(kind, "", SLICE)
        while names:
            there = await self._records(self._hot, kind, names)
            yield [name for name in names if name not in there]
            names = await self._walk.names(kind, names[-1], SLICE)

    async def _look_again(self) -> None:
        """Tell what stood still, keep what moved, drop what is right by now."""
        before = self._suspects
        kind = next(iter(before.values())).kind
        now = (await self._look(kind, list(before))).differing
        stood = [name for name, difference in now.items() if difference.is_still(before[name])]
        for name in stood:
            if f"{kind} {name}" not in self._told and len(self._told) < TOLD_MAX:
                self._told.add(f"{kind} {name}")
                await self._book.tell(now[name])
        self._looks += 1
        moved = {name: difference for name, difference in now.items() if name not in stood}
        self._suspects = moved if self._looks < LOOKS_MAX else {}

    async def _close_what_is_mended(self, kind: SubjectKind) -> None:
        told = await self._book.open(kind, TOLD_MAX)
        if told:
            for name in (await self._look(kind, told)).alike:
                await self._book.close(kind, name)

    async def _look(self, kind: SubjectKind, names: Sequence[str]) -> Looked:
        """Redis first, and the ledger behind it: what Redis had by then, the ledger's position covers or does not."""
        if not names:
            return Looked([], {})
        hot, stored = await self._records(self._hot, kind, names), dict[str, Record]()
        async with self._ledger.audit() as audit:
            stored.update(await self._records(audit, kind, names))
            aside = {each.name for each in await audit.quarantined() if each.kind == kind}
            seq = audit.position.seq
        alike: list[str] = []
        differing: dict[str, Difference] = {}
        for name in names:
            here, there = hot.get(name), stored.get(name)
            if name in aside or (here is not None and here.changed_seq > seq):
                continue
            if _agree(here, there):
                alike.append(name)
            else:
                differing[name] = Difference(kind, name, here, there, seq)
        self._book.compared(kind, len(alike) + len(differing))
        return Looked(alike, differing)

    async def _records(self, store: Any, kind: SubjectKind, names: Sequence[str]) -> Mapping[str, Record]:
        found: Mapping[str, Record] = await (store.stocks_of if kind is SubjectKind.SKU else store.records_of)(names)
        return found


def _agree(here: Record | None, there: Record | None) -> bool:
    """What is over may have left Redis."""
    if here is None:
        return there is None or (isinstance(there, Reservation) and there.status not in OPEN_STATUSES)
    if isinstance(here, Stock) and isinstance(there, Stock):
        return here._replace(levels=sorted(here.levels)) == there._replace(levels=sorted(there.levels))
    return here == there
