"""Waiting until the ledger holds what Redis has acknowledged: to read one's own writes, or to say that it has them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from inventory_service.domain.errors import NotReady, OutcomeUnknown
from inventory_service.domain.events import Position
from inventory_service.ledger.pool import Pool, answering
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.ledger_ports import SubjectKind

CHANNEL = "inventory_ledger"  # the writer announces each commit here: "partition epoch-seq quarantine"
WAIT_MAX_S = 1.0
LOOK_APART_S = 0.02  # only while somebody waits, and for what was not announced
_NOTHING_ASIDE = "0"
_OF_NOBODY = frozenset({SubjectKind.EVENT, SubjectKind.ENTRY})  # what such a one touched cannot be told

Acknowledged = Callable[[], Awaitable[Position]]


class _Waiter(NamedTuple):
    """In the order in which the ledger gets there."""

    position: Position
    number: int
    arrived: "asyncio.Future[bool]"


class Arrival:
    """Where the ledger stands: told by its writer, or found by looking; one look serves all who wait.

    Implements `engine.acknowledgement.LedgerArrival`. `acknowledged` tells the position of Redis's last entry.
    """

    def __init__(self, pool: Pool, acknowledged: Acknowledged, partition: int = 0) -> None:
        self._pool = pool
        self._acknowledged = acknowledged
        self._partition = partition
        self._position = Position(0, 0)
        self._epoch = 0  # the highest claimed for the gate
        self._quarantine = _NOTHING_ASIDE  # the number of what is aside, as of `_position` or later
        self._aside: frozenset[tuple[str, str]] = frozenset()
        self._moved = asyncio.Event()
        self._look: asyncio.Task[None] | None = None
        self._waiters: list[_Waiter] = []
        self._numbers = count()
        self._looking: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Until the ledger holds what is acknowledged now, at most WAIT_MAX_S: then it answers with what it has.

        While Redis is away the ledger answers at once. Raises NotReady when Postgres is away.
        """
        try:
            wanted = await self._acknowledged()
        except NotReady:
            return
        try:
            async with asyncio.timeout(WAIT_MAX_S):
                while self._position < wanted:
                    await self._next_look()
        except TimeoutError:
            return

    async def reached(self, position: Position, within_seconds: float) -> bool:
        waiter = _Waiter(position, next(self._numbers), asyncio.get_running_loop().create_future())
        heappush(self._waiters, waiter)
        self._settle()
        if not waiter.arrived.done() and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._keep_looking(), name="looking at the ledger")
        try:
            async with asyncio.timeout(within_seconds):
                return await waiter.arrived
        except TimeoutError:
            return False

    def follows(self, subjects: Collection[tuple[SubjectKind, str]]) -> bool:
        """Whether none of them is quarantined, as far as the ledger was seen."""
        return self._aside.isdisjoint(subjects) and all(kind not in _OF_NOBODY for kind, _ in self._aside)

    def hear(self, announcement: str) -> None:
        """What came over CHANNEL. With another quarantine than we know the position alone says too much."""
        partition, text, quarantine = announcement.split(" ")
        if int(partition) != self._partition:
            return
        if quarantine != self._quarantine:
            self._moved.set()
            return
        epoch, _, seq = text.partition("-")
        self._learn(max(self._position, Position(int(epoch), int(seq))), int(epoch))

    async def _keep_looking(self) -> None:
        """As long as somebody waits. A Postgres that is away may be back before their time is up."""
        while self._waiters:
            try:
                await self._next_look()
            except NotReady:
                await asyncio.sleep(LOOK_APART_S)
            self._settle()

    async def _next_look(self) -> None:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_once(), name="ledger arrival")
            self._look.add_done_callback(_seen)
        await asyncio.shield(self._look)

    async def _look_once(self) -> None:
        self._moved.clear()
        async with answering():
            row = await self._pool.fetchrow(QUERIES["ledger_arrival"], self._partition, self._quarantine)
        if row is not None:
            if row["aside"] is not None:
                self._quarantine, self._aside = row["quarantine"], frozenset(map(tuple, row["aside"]))
            self._learn(Position(row["epoch"], row["seq"]), row["highest_epoch"])
        if not self._moved.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_APART_S):
                    await self._moved.wait()

    def _learn(self, position: Position, epoch: int) -> None:
        if position != self._position or epoch > self._epoch:
            self._position, self._epoch = position, max(epoch, self._epoch)
            self._moved.set()
            self._settle()

    def _settle(self) -> None:
        """Tell those who wait for nothing any more; the others stand behind them."""
        while self._waiters:
            position, _, arrived = self._waiters[0]
            if arrived.done():  # its time was up
                pass
            elif self._position.epoch <= position.epoch and self._position.seq >= position.seq:
                arrived.set_result(True)
            elif self._epoch > position.epoch:
                arrived.set_exception(OutcomeUnknown("The store was opened anew before the ledger had it."))
            else:
                return
            heappop(self._waiters)


def _seen(task: asyncio.Task[None]) -> None:
    """Whoever waited may be gone by now; an error that nobody awaits is no news."""
    if not task.cancelled():
        task.exception()
