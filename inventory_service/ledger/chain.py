"""Every change begins where the one before it ended. Where it does not, somebody else wrote into Redis.

Looked at in the flush itself: once the after-image is in the ledger, Redis and ledger agree about the damage.
"""

from collections.abc import Mapping

from inventory_service.domain.stock import Change
from inventory_service.ledger.alarms import DIFFERENCE, raise_all
from inventory_service.ledger.events import event_id
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Alarm, Flush, LevelKey, columns

_COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")
_NOTHING = (0, 0, 0, 0, 0)

Counters = tuple[int, ...]


async def check_chain(connection: Connection, flush: Flush) -> None:
    """Runs before the levels are set. What is replayed late has no beginning in them, and is only checked in itself."""
    if not flush.levels:
        return
    known = await connection.fetch(QUERIES["levels_before"], *columns(sorted(flush.levels)))
    before: dict[LevelKey, tuple[int, Counters]] = {(row[0], row[1]): (row[2], tuple(row)[3:]) for row in known}
    broken: dict[LevelKey, Mapping[str, object]] = {}
    for row in flush.changes:
        seq, change = row[1], Change(*row[3:15])
        key = (change.sku, change.warehouse)
        last_seq, counters = before.get(key, (0, _NOTHING))
        if last_seq < seq and tuple(a + b for a, b in zip(counters, change[2:7], strict=True)) != change[7:]:
            broken[key] = _told(seq, change, counters)
        before[key] = (seq, change[7:])
    alarms = [Alarm(DIFFERENCE, f"level {' '.join(key)}", 1, told) for key, told in sorted(broken.items())]
    await raise_all(connection, flush, alarms)


def _told(seq: int, change: Change, before: Counters) -> Mapping[str, object]:
    return {
        "kind": "level",
        "sku": change.sku,
        "warehouse": change.warehouse,
        "event_id": event_id(seq),
        "before": dict(zip(_COUNTERS, before, strict=True)),
        "delta": dict(zip(_COUNTERS, change[2:7], strict=True)),
        "after": dict(zip(_COUNTERS, change[7:], strict=True)),
    }
