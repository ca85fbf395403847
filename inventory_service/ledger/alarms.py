"""The alarms that the writer raises with the events that cause them, and closes when the cause is gone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from inventory_service.domain.stock import UNSET, Arrival
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Alarm, Flush, LevelKey, columns

DEFICIT = "deficit"
LOW_STOCK = "low_stock"
DUPLICATE_ID = "duplicate_id"
QUARANTINED = "quarantined"
DIFFERENCE = "difference"
_AT_RISK_MAX = 50  # orders named per level: enough to start calling customers


_lots = msgspec.json.Decoder(list[Arrival]).decode


class LevelNow(NamedTuple):
    """A level after the flush, with the policy in force."""

    sku: str
    warehouse: str
    on_hand: int
    held: int
    committed: int
    unavailable: int
    safety_stock: int
    warn_below: int
    preorder_limit: int
    arrivals: str  # JSON text

    @property
    def key(self) -> LevelKey:
        return self.sku, self.warehouse

    @property
    def cause(self) -> str:
        return f"{self.sku} {self.warehouse}"  # neither code holds a space

    @property
    def deficit(self) -> int:
        return max(0, self.held + self.committed + self.unavailable - self.on_hand - self.covered)

    @property
    def covered(self) -> int:
        """Units on their way that may be promised already."""
        return sum(lot.quantity for lot in _lots(self.arrivals)) if self.preorder_limit != UNSET else 0

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.held - self.committed - self.unavailable - self.safety_stock)


async def raise_alarms(connection: Connection, flush: Flush) -> None:
    """Judge every level that the flush touched, as it is at the end of the flush."""
    levels = await _levels(connection, flush)
    if not levels:
        return
    at_risk = await _orders_at_risk(connection, [level for level in levels if level.deficit])
    alarms = [_deficit(flush, level, at_risk[level.key]) for level in levels if level.deficit]
    alarms += [_low_stock(flush, level) for level in levels if level.available < level.warn_below]
    await raise_all(connection, flush, alarms)
    gone = [(DEFICIT, level.cause) for level in levels if not level.deficit]
    gone += [(LOW_STOCK, level.cause) for level in levels if level.available >= level.warn_below]
    if gone:
        await connection.execute(QUERIES["close_alerts"], *columns(sorted(gone)), flush.as_of_ms)


async def _levels(connection: Connection, flush: Flush) -> list[LevelNow]:
    keys = sorted(flush.levels.keys() | {key for key in flush.policies if key[1]})
    skus = sorted(sku for sku, warehouse in flush.policies if not warehouse)
    if not keys and not skus:
        return []
    rows = await connection.fetch(QUERIES["levels_to_judge"], [k[0] for k in keys], [k[1] for k in keys], skus)
    return [LevelNow(*row) for row in rows]


async def _orders_at_risk(
    connection: Connection, levels: Sequence[LevelNow]
) -> Mapping[LevelKey, Sequence[Mapping[str, object]]]:
    orders: dict[LevelKey, list[Mapping[str, object]]] = defaultdict(list)
    if levels:
        skus, warehouses = [level.sku for level in levels], [level.warehouse for level in levels]
        for row in await connection.fetch(QUERIES["orders_at_risk"], skus, warehouses, _AT_RISK_MAX):
            order = {name: row[name] for name in ("reservation_id", "order_ref", "status", "open")}
            orders[row["sku"], row["warehouse"]].append(order)
    return orders


def _deficit(flush: Flush, level: LevelNow, at_risk: Sequence[Mapping[str, object]]) -> Alarm:
    """It occurs anew with each event that makes it greater: of what is sold ahead also what is not coming any more, or
    a policy by which lots on their way no longer cover it.
    """
    times = int(level.arrivals != "[]" and (level.sku, "") in flush.policies)
    for change in flush.changes_by_level[level.key]:
        taken = change.held_delta + change.committed_delta + change.unavailable_delta
        after = change.held + change.committed + change.unavailable - change.on_hand - level.covered
        coming = min(0, change.incoming_delta) if level.preorder_limit != UNSET else 0
        times += after > 0 and taken > change.on_hand_delta + coming
    detail = {"sku": level.sku, "warehouse": level.warehouse, "deficit": level.deficit, "orders_at_risk": at_risk}
    return Alarm(DEFICIT, level.cause, times, detail)


def _low_stock(flush: Flush, level: LevelNow) -> Alarm:
    """It occurs anew with each event that takes what is available below the threshold, or a policy that lifts it."""
    times = int(level.key in flush.policies or (level.sku, "") in flush.policies)
    for change in flush.changes_by_level[level.key]:
        after = change.on_hand - change.held - change.committed - change.unavailable - level.safety_stock
        lost = change.held_delta + change.committed_delta + change.unavailable_delta - change.on_hand_delta
        times += after < level.warn_below <= after + lost
    detail = {
        "sku": level.sku,
        "warehouse": level.warehouse,
        "available": level.available,
        "warn_below": level.warn_below,
    }
    return Alarm(LOW_STOCK, level.cause, times, detail)


async def raise_all(connection: Connection, flush: Flush, alarms: Sequence[Alarm]) -> None:
    """New ones become rows, known ones count up; those that merely go on get their figures renewed.

    What is new is noted in the flush as well, to be told once it is committed.
    """
    new = _merged([alarm for alarm in alarms if alarm.times])
    flush.alarms += new
    if new:
        rows = [(*alarm[:3], _json(alarm), flush.as_of_ms) for alarm in new]
        await connection.execute(QUERIES["raise_alerts"], *columns(rows))
    ongoing = [(alarm.rule, alarm.cause, _json(alarm)) for alarm in alarms if not alarm.times]
    if ongoing:
        await connection.execute(QUERIES["refresh_alerts"], *columns(sorted(ongoing)))


def _merged(alarms: Sequence[Alarm]) -> list[Alarm]:
    """One per cause, sorted: the same id may come twice in one flush."""
    by_cause: dict[tuple[str, str], Alarm] = {}
    for alarm in alarms:
        earlier = by_cause.get((alarm.rule, alarm.cause))
        by_cause[alarm.rule, alarm.cause] = alarm._replace(times=alarm.times + (earlier.times if earlier else 0))
    return [by_cause[key] for key in sorted(by_cause)]


def _json(alarm: Alarm) -> str:
    return msgspec.json.encode(alarm.detail).decode()
