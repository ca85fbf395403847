"""What a flush did, counted for the metrics and told as a span."""

from collections import Counter

from inventory_service.ledger.rows import Flush
from inventory_service.telemetry import books, tracing

_TYPE_OF_EVENT = 4
_DELTAS_OF_CHANGE = slice(5, 10)
_TYPE_OF_CHANGE = 15


def tell_committed(flush: Flush, oldest_ms: int, seconds: float) -> None:
    """The flush is in the ledger; it took `seconds`, and its first event happened at `oldest_ms`."""
    events = Counter(str(row[_TYPE_OF_EVENT]) for row in flush.events)
    books.committed(events, units_moved(flush), flush.expiry_delays_ms, flush_seconds=seconds, oldest_ms=oldest_ms)
    tracing.flushed(seconds, len(flush.events), f"{flush.position.epoch}-{flush.position.seq}")


def units_moved(flush: Flush) -> Counter[str]:
    """Units by type of event. A change takes the same number from one counter and gives it to another."""
    units: Counter[str] = Counter()
    for row in flush.changes:
        units[row[_TYPE_OF_CHANGE]] += max(map(abs, row[_DELTAS_OF_CHANGE]))
    return units
