"""One order, changed by one caller at a time."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from inventory_service.domain.errors import NotReady
from inventory_service.domain.orders.intent import Parts
from inventory_service.domain.orders.order import Order
from inventory_service.domain.orders.stock_side import Part
from inventory_service.ledger.orders.buyers import Buyers, digest_without_key
from inventory_service.ledger.orders.outbound import append, close_left, note_answer
from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.orders.rows import (
    document_about,
    json_text,
    of_order,
    of_work,
    stored_order,
)
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Connection, Pool, answering, changing
from inventory_service.usecases.orders.ports import HistoryEntry, Kept, OrderKey, StoredOrder
from inventory_service.usecases.orders.read_orders import not_found
from inventory_service.usecases.orders.stock_steps import CLIENT

_EVENTS_AT_ONCE = 10_000
_WITHOUT_DIGEST = (
    "Orders that came while a key was missing may be his: run `inventory-service reseal`, then erase again."
)
_LOOKS_MAX = 10  # at a time; the next retry goes on where this one stopped


class PostgresOrderBook:
    """Implements `usecases.orders.ports.OrderBook`."""

    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals
        self._buyers = Buyers(pool, seals)

    async def arrive(
        self, key: OrderKey, buyer_reference: str, change: Callable[[StoredOrder | None, int], Kept | None]
    ) -> StoredOrder:
        async with self._transaction() as connection:
            forgotten_ms = await self._forgotten_ms(connection, key.channel, buyer_reference)
            await connection.execute(QUERIES["lock_order_of_channel"], *key)
            row = await connection.fetchrow(QUERIES["order_of_channel"], *key)
            known = stored_order(row, self._seals) if row else None
            kept = change(known, forgotten_ms)
            if kept is None:
                if known is None:
                    raise ValueError("an order that is not known was not taken in")
                return known
            await self._keep(connection, known, kept)
        return kept.stored

    async def change(self, order_no: str, change: Callable[[StoredOrder, Parts], Kept | None]) -> StoredOrder:
        async with self._transaction() as connection:
            row = await connection.fetchrow(QUERIES["order_to_change"], order_no)
            if row is None:
                raise not_found(order_no)
            known = stored_order(row, self._seals)
            kept = change(known, await _parts(connection, known.order))
            if kept is None:
                return known
            await self._keep(connection, known, kept)
        return kept.stored

    async def due(self, now_ms: int, limit: int) -> Sequence[str]:
        self._seals.check()
        async with answering():
            rows = await self._pool.fetch(QUERIES["due_orders"], now_ms, limit)
        return [row["order_no"] for row in rows]

    async def put_off(self, order_no: str, next_try_ms: int) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["put_off_order"], order_no, next_try_ms)

    async def wake_moved(self, now_ms: int) -> int:
        woken = 0
        for _ in range(_LOOKS_MAX):
            async with changing(self._pool) as connection, connection.transaction():
                after = await connection.fetchval(QUERIES["followed"])
                row = await connection.fetchrow(QUERIES["wake_moved"], after, _EVENTS_AT_ONCE, now_ms, CLIENT)
            if row is None or row["events"] == 0:
                break
            woken += row["woken"]
        return woken

    async def erase(self, channel: str, buyer_reference: str, entry: HistoryEntry) -> int:
        await self._buyers.know_key()
        whose = (channel, self._buyers.digest(channel, buyer_reference))
        what = (digest_without_key(channel, buyer_reference), entry.at_ms, entry.kind, json_text(entry.detail))
        async with changing(self._pool) as connection, connection.transaction():
            await connection.execute(QUERIES["lock_buyer"], *whose)
            if await connection.fetchval(QUERIES["has_orders_without_digest"], channel):
                raise NotReady(_WITHOUT_DIGEST)
            await connection.execute(QUERIES["note_erased_buyer"], *whose, entry.at_ms)
            rows = await connection.fetch(QUERIES["erase_orders"], *whose, *what)
            await connection.execute(QUERIES["erase_notes"], [row["order_no"] for row in rows])
            keys = [row["shop"] for row in rows], [row["channel_order_id"] for row in rows]
            await connection.execute(QUERIES["erase_from_runs"], *keys)
        return len(rows)

    async def _forgotten_ms(self, connection: Connection, channel: str, buyer_reference: str) -> int:
        """When he asked to be forgotten, 0: never. Until the end of the transaction he does not ask again."""
        digest = self._buyers.digest(channel, buyer_reference)
        if not digest:
            return 0
        await connection.execute(QUERIES["lock_buyer_shared"], channel, digest)
        return await connection.fetchval(QUERIES["buyer_erased"], channel, digest) or 0

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        self._seals.check()
        await self._buyers.know_key_if_possible()
        async with changing(self._pool) as connection, connection.transaction():
            yield connection

    async def _keep(self, connection: Connection, known: StoredOrder | None, kept: Kept) -> None:
        stored = kept.stored
        order, number = stored.order, stored.order.order_no
        document = self._seals.seal(kept.document, document_about(number)) if kept.document is not None else None
        if known is None:
            key = (number, order.channel, order.shop, order.channel_order_id, stored.seen_ms, document)
            await connection.execute(QUERIES["add_order"], *key, *self._columns(stored), *of_work(stored.work))
            await _set_lines(connection, order)
        else:
            if (order, stored.erased_ms) != (known.order, known.erased_ms) or document is not None:
                await connection.execute(QUERIES["change_order"], number, *self._columns(stored), document)
            if order.lines != known.order.lines:
                await _set_lines(connection, order)
            if stored.work != known.work:
                await connection.execute(QUERIES["change_work"], number, *of_work(stored.work))
        await _add_history(connection, number, kept.history)
        if kept.unmapped is not None:
            await _set_unknown(connection, order, kept.unmapped)
        if stored.work.side.tellings:
            await close_left(connection, stored)
        if kept.answer is not None:
            await note_answer(connection, kept.answer, None if stored.erased_ms else self._seals)
        at_ms = kept.history[-1].at_ms if kept.entries else 0  # that they were told is in it
        await append(connection, number, kept.entries, at_ms)  # the last: everybody waits for its lock

    def _columns(self, stored: StoredOrder) -> tuple[object, ...]:
        digest = self._buyers.digest(stored.order.channel, stored.order.buyer_reference)
        return of_order(stored.order, self._seals, digest, stored.erased_ms)


async def _set_lines(connection: Connection, order: Order) -> None:
    await connection.execute(QUERIES["remove_lines"], order.order_no)
    rows = [
        (
            line.line_id,
            line.sku,
            line.channel_sku,
            line.quantity,
            line.shipped,
            line.fulfilment,
            line.refund,
            line.paid_minor,
        )
        for line in order.lines
    ]
    await connection.execute(QUERIES["add_lines"], order.order_no, *map(list, zip(*rows, strict=True)))


async def _add_history(connection: Connection, order_no: str, entries: Sequence[HistoryEntry]) -> None:
    if not entries:
        return
    texts = [json_text(entry.detail) for entry in entries]
    times, kinds = [entry.at_ms for entry in entries], [str(entry.kind) for entry in entries]
    await connection.execute(QUERIES["add_history"], order_no, times, kinds, texts)


async def _set_unknown(connection: Connection, order: Order, unmapped: Mapping[str, str]) -> None:
    await connection.execute(QUERIES["remove_unknown_codes"], order.order_no)
    if unmapped:
        codes, titles = list(unmapped), list(unmapped.values())
        shop = (order.channel, order.shop, order.order_no)
        await connection.execute(QUERIES["add_unknown_codes"], *shop, codes, titles)


async def _parts(connection: Connection, order: Order) -> Parts:
    """What each line stands for: what is set for its code, or the SKU of that name where there is one."""
    codes = {
        line.line_id: [code for code in (line.sku, line.channel_sku, line.channel_item) if code] for line in order.lines
    }
    asked = sorted({code for each in codes.values() for code in each})
    table = _table(await connection.fetch(QUERIES["parts_of_codes"], order.channel, order.shop, asked))
    plain = sorted({line.sku for line in order.lines if line.sku and line.sku not in table})
    rows = await connection.fetch(QUERIES["known_skus_of_orders"], plain) if plain else []
    known = {row["sku"]: (Part(row["sku"], 1),) for row in rows}
    found: dict[str, tuple[Part, ...]] = {}
    for line in order.lines:
        parts = next((table[code] for code in codes[line.line_id] if code in table), known.get(line.sku))
        if parts:
            found[line.line_id] = parts
    return found


def _table(rows: Sequence[Any]) -> Mapping[str, tuple[Part, ...]]:
    """The shop's rows come behind those of its channel, and replace them."""
    by_place: dict[tuple[str, str], list[Part]] = {}
    for row in rows:
        by_place.setdefault((row["code"], row["shop"]), []).append(Part(row["sku"], row["quantity"]))
    return {code: tuple(parts) for (code, _), parts in by_place.items()}
