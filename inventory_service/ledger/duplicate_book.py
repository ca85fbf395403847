"""The DuplicateBook port on Postgres."""

from collections.abc import Sequence
from typing import Any

import msgspec

from inventory_service.domain.commands import Fitted
from inventory_service.ledger.alarms import DUPLICATE_ID
from inventory_service.ledger.events import event_id, exception_id
from inventory_service.ledger.pool import Pool, answering
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.ledger_ports import DuplicateState, UsedAgain


class PostgresDuplicateBook:
    """Implements `usecases.ledger_ports.DuplicateBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def uncompensated(self, limit: int) -> Sequence[UsedAgain]:
        async with answering():
            return [_used_again(row) for row in await self._pool.fetch(QUERIES["uncompensated"], limit)]

    async def settle(self, seq: int, state: DuplicateState, how: str) -> None:
        async with answering():
            await self._pool.execute(QUERIES["settle_duplicate"], seq, state, how, DUPLICATE_ID)


def _used_again(row: Any) -> UsedAgain:
    details = msgspec.json.decode(row["details"])
    return UsedAgain(
        seq=row["seq"],
        kind=row["kind"],
        name=row["name"],
        event_id=event_id(row["seq"]),
        exception_id=exception_id(row["seq"]),
        sku=row["sku"],
        warehouse=row["warehouse"],
        quantity=details["quantity"],
        delta=row["delta"],
        reservation_id=details.get("reservation_id", ""),
        fitted=[Fitted(*part) for part in details.get("fitted", ())],
        expected_ms=details.get("expected_ms", 0),
    )
