"""What a flush did, counted for the metrics and told as a span."""

from collections import Counter
from collections.abc import Sequence

from inventory_service.domain.events import Position
from inventory_service.ledger.rows import Flush
from inventory_service.telemetry import books, tracing

_TYPE_OF_EVENT = 4
_DELTAS_OF_CHANGE = slice(5, 10)
_TYPE_OF_CHANGE = 15


def tell_committed(flushes: Sequence[Flush], position: Position, oldest_ms: int, seconds: float) -> None:
    """They are in the ledger, in one transaction of `seconds`, and its first event happened at `oldest_ms`."""
    events = Counter(str(row[_TYPE_OF_EVENT]) for flush in flushes for row in flush.events)
    delays_ms = [delay_ms for flush in flushes for delay_ms in flush.expiry_delays_ms]
    books.committed(events, units_moved(flushes), delays_ms, flush_seconds=seconds, oldest_ms=oldest_ms)
    tracing.flushed(seconds, events.total(), f"{position.epoch}-{position.seq}")


def units_moved(flushes: Sequence[Flush]) -> Counter[str]:
    """Units by type of event. A change takes the same number from one counter and gives it to another."""
    units: Counter[str] = Counter()
    for flush in flushes:
        for row in flush.changes:
            units[row[_TYPE_OF_CHANGE]] += max(map(abs, row[_DELTAS_OF_CHANGE]))
    return units
