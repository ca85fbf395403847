"""The alarm that a SKU runs low over all warehouses, or for a channel; `alarms` has that of one warehouse."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from inventory_service.domain.stock import Threshold, left_for
from inventory_service.ledger.alarms import LOW_STOCK, raise_all
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Alarm, Flush, columns

_thresholds = msgspec.json.Decoder(tuple[Threshold, ...]).decode


class Total(NamedTuple):
    """A SKU after the flush."""

    sku: str
    available: int  # over all warehouses that sell
    thresholds: str  # JSON text
    open: Sequence[str]  # the causes of its alarms of this kind


async def raise_total_alarms(connection: Connection, flush: Flush) -> None:
    """Judge every SKU that the flush touched and that has such a threshold, or had one until now."""
    totals = await _totals(connection, flush)
    alarms = [alarm for total in totals for alarm in _low_stock(total)]
    await raise_all(connection, flush, alarms)
    low = {alarm.cause for alarm in alarms}
    gone = [(LOW_STOCK, cause) for total in totals for cause in total.open if cause not in low]
    if gone:
        await connection.execute(QUERIES["close_alerts"], *columns(sorted(gone)), flush.as_of_ms)


async def _totals(connection: Connection, flush: Flush) -> list[Total]:
    touched = sorted({sku for sku, _ in (*flush.levels, *flush.policies)})
    if not touched:
        return []
    told_anew = sorted(sku for sku, warehouse in flush.policies if not warehouse)
    rows = await connection.fetch(QUERIES["totals_to_judge"], touched, told_anew, LOW_STOCK)
    return [Total(*row) for row in rows]


def _low_stock(total: Total) -> Iterator[Alarm]:
    """Once when it falls below; as long as it is open only its figures change."""
    thresholds = _thresholds(total.thresholds)
    for threshold in thresholds:
        available = left_for(threshold.channel, thresholds, total.available)
        if available < threshold.warn_below:
            cause = _cause(total.sku, threshold.channel)
            detail = {
                "sku": total.sku,
                "channel": threshold.channel or None,
                "available": available,
                "warn_below": threshold.warn_below,
            }
            yield Alarm(LOW_STOCK, cause, int(cause not in total.open), detail)


def _cause(sku: str, channel: str) -> str:
    """That of a warehouse is "SKU warehouse", and neither code holds a space: these have none, or two."""
    return f"{sku} channel {channel}" if channel else sku
