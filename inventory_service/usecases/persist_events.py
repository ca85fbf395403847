"""Carry what the kernel logged into the ledger, in order, exactly once."""

from collections.abc import Iterator, Sequence

from inventory_service.domain.errors import Branched
from inventory_service.domain.events import Entry, Position
from inventory_service.faultpoints import reached
from inventory_service.usecases.ports import EventLog, LedgerWriter

READ_ENTRIES_MAX = 500
# One transaction takes this much at most: an entry of 256 reservations has some 80 KB, so about 6,000 of them,
# committed in well under a second, and what waits for the ledger sees it advance.
FLUSH_BYTES_MAX = 2_000_000
IDLE_WAIT_MS = 500


class PersistEvents:
    """The pipe between log and ledger. `resume` it at the position that `claim` told, then `run_once` for ever."""

    def __init__(self, log: EventLog, writer: LedgerWriter) -> None:
        self._log = log
        self._writer = writer
        self._position = Position(0, 0)

    def resume(self, position: Position) -> None:
        self._position = position

    @property
    def position(self) -> Position:
        """Where the ledger stands, as far as this process knows: behind the truth after a commit whose reply was lost,
        which costs a repetition and nothing else.
        """
        return self._position

    async def run_once(self, wait_ms: int = IDLE_WAIT_MS) -> int:
        """Wait a little for entries and commit what there is; how many events that were. `wait_ms`: at least 1.

        Raises NotReady (repeat it), Fenced, Branched (stop).
        """
        entries = await self._log.read_after(self._position, READ_ENTRIES_MAX, wait_ms)
        if not entries:
            await self._compare()
        before = self._position
        if entries:
            reached("flush.read")
        for flush in _flushes(entries):
            self._position = await self._writer.append(flush)
        # Also when idle: finished reservations leave and old entries go as time passes.
        await self._log.flushed(self._position)
        if entries:
            reached("flush.told")
        return self._position.seq - before.seq

    async def _compare(self) -> None:
        """A ledger that was restored from a backup is behind: nothing may be let go of that only it lacks."""
        position = await self._writer.position()
        if position < self._position:
            raise Branched(f"The ledger ended at {self._position}, and ends at {position} now: it was restored.")
        self._position = position


def _flushes(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Consecutive entries of at most FLUSH_BYTES_MAX, at least one each."""
    flush: list[Entry] = []
    size_bytes = 0
    for entry in entries:
        size_bytes += len(entry.events)
        if flush and size_bytes > FLUSH_BYTES_MAX:
            yield flush
            flush, size_bytes = [], len(entry.events)
        flush.append(entry)
    if flush:
        yield flush
