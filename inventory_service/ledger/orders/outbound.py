"""What warehouses are told, and what they answer."""

from collections.abc import Sequence
from typing import Any

from inventory_service.domain.errors import Refused
from inventory_service.domain.orders.intent import CaseCode
from inventory_service.domain.orders.states import LEFT
from inventory_service.domain.orders.telling import Entry, Saying
from inventory_service.ledger.circuit import Circuit
from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.orders.rows import stored_order
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Connection, Pool
from inventory_service.usecases.orders.ports import Answer, NotedAnswer, OutboundEntry, StoredOrder, Unanswered


class PostgresOutboundFeed:
    """Implements `usecases.orders.ports.OutboundFeed`."""

    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals
        self._circuit = Circuit()

    async def entries(self, after: int, warehouse: str, limit: int) -> Sequence[OutboundEntry]:
        self._seals.check()
        async with self._circuit.answering():
            rows = await self._pool.fetch(QUERIES["feed"], after, warehouse, limit)
        return [self._entry(row) for row in rows]

    async def entry(self, position: int) -> OutboundEntry | None:
        self._seals.check()
        async with self._circuit.answering():
            row = await self._pool.fetchrow(QUERIES["feed_entry"], position)
        return self._entry(row) if row else None

    async def unanswered(self, limit: int) -> Sequence[Unanswered]:
        async with self._circuit.answering():
            rows = await self._pool.fetch(QUERIES["unanswered"], CaseCode.WAREHOUSE_SILENT, limit)
        return [Unanswered(*row) for row in rows]

    async def answer(self, client: str, answer_id: str) -> NotedAnswer | None:
        async with self._circuit.answering():
            row = await self._pool.fetchrow(QUERIES["answer"], client, answer_id)
        return _answer(row, self._seals) if row else None

    def _entry(self, row: Any) -> OutboundEntry:
        return OutboundEntry(
            position=row["position"],
            number=row["number"],
            at_ms=row["at_ms"],
            kind=row["kind"],
            order_no=row["order_no"],
            warehouse=row["warehouse"],
            reservation=row["reservation_id"],
            units=tuple(zip(row["skus"], row["quantities"], strict=True)),
            stored=stored_order(row, self._seals),
        )


async def append(connection: Connection, order_no: str, entries: Sequence[Entry], at_ms: int) -> None:
    """In the transaction of what it tells."""
    if not entries:
        return
    rows = []
    for entry in entries:
        skus, quantities = [sku for sku, _ in entry.units], [units for _, units in entry.units]
        whose = (order_no, entry.number, entry.warehouse, entry.reservation)
        rows.append((at_ms, entry.kind, *whose, skus, quantities))
    await connection.execute(QUERIES["lock_feed"])
    await connection.executemany(QUERIES["append_entries"], rows)


async def note_answer(connection: Connection, noted: NotedAnswer, seals: Seals | None) -> None:
    """`seals` None: its order was erased, and the note, which may name somebody, is not kept.

    Raises Refused: the id was used.
    """
    answer = noted.answer
    place = note_about(answer.client, answer.answer_id)
    note = seals.seal(answer.note.encode(), place) if seals and answer.note else None
    whose = (answer.client, answer.answer_id, noted.at_ms, answer.order_no, answer.position)
    tag = await connection.execute(QUERIES["note_answer"], *whose, answer.saying, answer.by, note, noted.result)
    if tag == "INSERT 0 0":
        raise Refused("idempotency_mismatch", f"The answer {answer.answer_id} was given.", "/answer_id")
    await connection.execute(QUERIES["close_entry"], answer.order_no, answer.warehouse, answer.position)


async def close_left(connection: Connection, stored: StoredOrder) -> None:
    """What has left a warehouse needs no answer of it; the scans, or the platform, said so."""
    has_left = stored.order.fulfilment in LEFT
    left = [each.warehouse for each in stored.work.side.tellings if each.left or (has_left and each.units)]
    if left:
        await connection.execute(QUERIES["close_entries"], stored.order.order_no, left)


def note_about(client: str, answer_id: str) -> str:
    return f"note of {client} {answer_id}"


def _answer(row: Any, seals: Seals) -> NotedAnswer:
    sealed = row["sealed_note"]
    place = note_about(row["client"], row["answer_id"])
    answer = Answer(
        client=row["client"],
        answer_id=row["answer_id"],
        order_no=row["order_no"],
        warehouse=row["warehouse"],
        position=row["position"],
        saying=Saying(row["word"]),
        by=row["said_by"],
        note=seals.open(sealed, place).decode() if sealed else row["note"],
    )
    return NotedAnswer(answer, row["at_ms"], row["result"], row["erased"])
