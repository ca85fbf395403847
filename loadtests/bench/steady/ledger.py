"""What the ledger tells: when each commit was there, which events it has, and how late holds expired.

The writer announces each commit with NOTIFY, which Postgres sends once the transaction is committed. A connection of
our own, in a process that does nothing else meanwhile, notes when it heard that. So the lag of an event is known for
every event instead of a sample, to 1 ms (the kernel's clock is cut to that) and never too short.
"""

import asyncio
import time
from array import array
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg

from inventory_service.ledger.arrival import CHANNEL
from loadtests.bench.steady.crowd import CONFIRM, RESERVE, SCAN, SHORT, number_of

CONNECT_SECONDS = 5.0
RETRY_SECONDS = 0.05
EXPIRED = 16
BIT_OF_TYPE = {"reserve": RESERVE, "confirm": CONFIRM, "scan": SCAN, "expire": EXPIRED}
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_EVENTS = "SELECT seq, at_ms, type, subject FROM ledger_events WHERE partition = 0 ORDER BY seq"
_LATE = """
    SELECT e.at_ms - r.deadline_ms AS late_ms, count(*) AS holds
    FROM ledger_events e JOIN reservations r ON r.reservation_id = e.subject
    WHERE e.type = 'expire' GROUP BY 1
"""
_OVERDUE = "SELECT count(*) FROM reservations WHERE status = 'held' AND deadline_ms < $1"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Ear:
    """When the ledger had reached which event: never earlier than noted. Goes on when Postgres comes back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.heard_ms = array("q")
        self.seqs = array("q")

    @property
    def seq(self) -> int:
        return self.seqs[-1] if self.seqs else 0

    async def run(self) -> None:
        while True:
            with suppress(*AWAY):
                await self._listen()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        """Until the connection ends. What was committed before it stood is noted as of now."""
        connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS)
        try:
            ended = asyncio.Event()
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(CHANNEL, lambda _c, _pid, _channel, text: self._hear(str(text)))
            self._note(await connection.fetchval("SELECT seq FROM ledger_offsets WHERE partition = 0"))
            await ended.wait()
        finally:
            connection.terminate()

    def _hear(self, announcement: str) -> None:
        position = announcement.split(" ")[1]
        self._note(int(position.partition("-")[2]))

    def _note(self, seq: int) -> None:
        if seq > self.seq:
            self.heard_ms.append(now_ms())
            self.seqs.append(seq)


@dataclass(slots=True)
class Books:
    """`steps[n]`: what the ledger has of order n. `lag_ms`: events by their lag. `late_ms`: expiries by lateness."""

    steps: bytearray
    lag_ms: Counter[int] = field(default_factory=Counter)
    late_ms: Counter[int] = field(default_factory=Counter)
    twice: int = 0


async def read_books(url: str, ear: Ear, orders: int, from_ms: int, until_ms: int) -> Books:
    """The whole ledger; the lag of what happened from `from_ms` until `until_ms`."""
    books = Books(bytearray(orders))
    connection = await asyncpg.connect(url)
    try:
        for late_ms, holds in await connection.fetch(_LATE):
            books.late_ms[late_ms] += holds
        heard = 0
        async with connection.transaction():
            async for seq, at_ms, kind, subject in connection.cursor(_EVENTS, prefetch=5000):
                while heard + 1 < len(ear.seqs) and ear.seqs[heard] < seq:
                    heard += 1
                if from_ms <= at_ms < until_ms:
                    books.lag_ms[ear.heard_ms[heard] - at_ms] += 1
                _enter(books, kind, number_of(subject))
    finally:
        await connection.close()
    return books


def _enter(books: Books, kind: str, order: int) -> None:
    bit = BIT_OF_TYPE.get(kind, 0)
    if bit and order >= 0:
        books.twice += bool(books.steps[order] & bit)
        books.steps[order] |= bit


def lost(told: bytearray, books: Books) -> int:
    """Acknowledged operations that the ledger lacks, and short holds that never expired."""
    missing = 0
    for wanted, found in zip(told, books.steps, strict=True):
        expected = wanted ^ (SHORT | EXPIRED) if wanted & SHORT else wanted
        missing += (expected & ~found).bit_count()
    return missing


async def overdue(url: str, ahead_ms: int) -> int:
    """Holds whose time is up within `ahead_ms`, and that have not expired yet."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_OVERDUE, now_ms() + ahead_ms))
    finally:
        await connection.close()


def percentile(counts: Counter[int], share: float) -> int:
    """The smallest value that so many of all do not exceed; 0 when there are none."""
    left = share * counts.total()
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0
