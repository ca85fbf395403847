"""Every use case of orders, wired as the processes wire them, and a shop that sells in its own words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.commands import ReadReservation
from inventory_service.domain.events import EventType
from inventory_service.domain.orders.intent import to_ship
from inventory_service.domain.orders.order import LineRefund
from inventory_service.domain.orders.telling import Saying
from inventory_service.ledger.orders.book import PostgresOrderBook
from inventory_service.ledger.orders.failures import PostgresFailures
from inventory_service.ledger.orders.news import FeedNews
from inventory_service.ledger.orders.outbound import PostgresOutboundFeed
from inventory_service.ledger.orders.reader import PostgresOrderReader
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.orders.sku_codes import PostgresSkuCodes
from inventory_service.ledger.orders.summaries import PostgresSummaries
from inventory_service.sealing import KEY_BYTES, Sealer
from inventory_service.usecases.allocation_ports import Decisions
from inventory_service.usecases.orders.arrive import Arrival, ArriveOrder, TakeRefund
from inventory_service.usecases.orders.erase import EraseCustomer
from inventory_service.usecases.orders.feed import ReadFeed
from inventory_service.usecases.orders.hear import HearWarehouse
from inventory_service.usecases.orders.intake import Intake
from inventory_service.usecases.orders.map_skus import MapSkus
from inventory_service.usecases.orders.ports import Answer, OrderKey, OutboundEntry, StoredOrder
from inventory_service.usecases.orders.read_orders import ReadOrders
from inventory_service.usecases.orders.retry import RetryOrders
from inventory_service.usecases.orders.settle import SettleOrder
from inventory_service.usecases.orders.stock_steps import StockSteps
from inventory_service.usecases.ports import StockFilter
from inventory_service.usecases.reallocate import ReallocateReservations
from inventory_service.usecases.reservation_desk import ReservationDesk
from tests.usecases.real import Service

CHANNEL, SHOP = "generic", "shop-1"
HOLD_SECONDS = 900
SEALER = Sealer({1: bytes(KEY_BYTES)})
ADA = Client("ada", frozenset({Scope.ORDERS, Scope.PII_READ}))
BOB = Client("bob", frozenset({Scope.ORDERS}))
RECEIVER = {"name": "李雷", "phone": "13800008888", "province": "上海市", "city": "上海市", "address": "南京路 1 号"}


class Orders:
    """`now_ms` is the clock of the use cases; the kernel has its own."""

    def __init__(self, service: Service, sealer: Sealer | None = SEALER) -> None:
        self.service = service
        self.now_ms = 1_794_355_200_000
        self.hold_seconds = HOLD_SECONDS
        self.answers = 0
        self.read_document = DocumentReader()
        self.mended: DocumentReader | None = None  # in another process, and not heard of yet
        seals, pool = Seals(sealer), service.pool
        self.book = PostgresOrderBook(pool, seals)
        self.failures = PostgresFailures(pool, seals)
        self.steps = StockSteps(service.reserve, service.confirm, service.release, service.reservations, service.routes)
        self.refund = TakeRefund(self.book, self._read_refund, self._now)
        self.arrive = ArriveOrder(self.book, self.failures, self._read, self.refund, self._now)
        self.settle = SettleOrder(self.book, self.steps, service.stock, lambda _, __: self.hold_seconds, self._now)
        self.fetched: list[OrderKey] = []
        trying = (self.book, self.failures, self.arrive, self.settle)
        self.broken: list[tuple[str, Exception]] = []
        self.retry = RetryOrders(*trying, self._look_again, self._fetch, self.tell_broken, self._now)
        summaries = PostgresSummaries(pool)
        self.intake = Intake(self.arrive, self.refund, self.failures, summaries, self.tell_broken, self._now)
        self.skus = MapSkus(PostgresSkuCodes(pool, seals), self.settle, self._now)
        self.outbound = PostgresOutboundFeed(pool, seals)
        self.warehouse = HearWarehouse(self.book, self.outbound, self.settle, self._now)
        self.reader = PostgresOrderReader(pool, seals)
        self.read = ReadOrders(self.reader, self._now)
        self.news = FeedNews()
        self.feed = ReadFeed(self.outbound, self.read, self.news)
        self.erase = EraseCustomer(self.book, self.failures, self._now)

    def _now(self) -> int:
        return self.now_ms

    async def _look_again(self) -> None:
        self.read_document = self.mended or self.read_document

    async def _fetch(self, key: OrderKey) -> None:
        self.fetched.append(key)

    def tell_broken(self, what: str, error: Exception) -> None:
        self.broken.append((what, error))

    def _read(self, channel: str, shop: str, document: object) -> Any:
        return self.read_document(channel, shop, document)

    def _read_refund(self, channel: str, shop: str, document: object) -> Sequence[LineRefund]:
        return self.read_document.refund(channel, shop, document)

    async def arrives(self, document: Mapping[str, object]) -> Arrival:
        modified = datetime.fromisoformat(str(document["modified_at"]))
        key = OrderKey(CHANNEL, SHOP, str(document["order_id"]))
        return await self.arrive(key, round(modified.timestamp() * 1000), document)

    async def takes(self, document: Mapping[str, object]) -> StoredOrder:
        """Arrived, and its stock done."""
        arrival = await self.arrives(document)
        return await self.settle(arrival.order_no)

    async def told(self, after: int = 0) -> Sequence[OutboundEntry]:
        return await self.outbound.entries(after, "", 1000)

    async def says(self, order_no: str, saying: Saying, warehouse: str = "SHA", note: str = "") -> StoredOrder:
        """To the newest entry that the warehouse has of the order."""
        entry = [each for each in await self.told() if (each.order_no, each.warehouse) == (order_no, warehouse)][-1]
        return await self.says_to(entry, saying, note)

    async def says_to(self, entry: OutboundEntry, saying: Saying, note: str = "") -> StoredOrder:
        self.answers += 1
        order_no = entry.order_no
        answer = Answer(
            "wms", f"{order_no}-{self.answers}", order_no, entry.warehouse, entry.position, saying, note=note
        )
        return (await self.warehouse(answer)).stored

    async def not_shipped(self, order_no: str) -> StoredOrder:
        """Each warehouse answers to what was taken back from it, if anything was."""
        stored = await self.book.change(order_no, lambda _, __: None)
        for each in stored.work.side.tellings:
            if each.taken_back:
                saying = Saying.ACK if each.units else Saying.NOT_SHIPPED
                stored = await self.says(order_no, saying, each.warehouse)
        return stored

    async def reallocate(self, reservation_id: str, away_from: str) -> None:
        desk = ReservationDesk(self.service.engine, self.service.ledger, self.service.routes)
        stores = (self.service.engine, desk, self.service.routes, self.service.registry)
        moving = ReallocateReservations(*stores, cast(Decisions, None))  # one by one, none is looked up
        await moving.one(reservation_id, "desk", [away_from], [], "move")

    async def until_in_ledger(self, kind: EventType) -> None:
        """The write-behind is at work; a question to the ledger waits until it has come so far."""
        await self.service.ledger.stock(StockFilter(), 1, "")
        assert await self.service.pool.fetchval("SELECT count(*) FROM ledger_events WHERE type = $1", kind)

    async def open_units(self) -> Mapping[str, tuple[int, int]]:
        """Held and committed units of each SKU that has any."""
        page = await self.service.ledger.stock(StockFilter(), 200, "")
        found = {each.sku: await self.service.counters(each.sku) for each in page.data}
        return {sku: (held, committed) for sku, (_, held, committed) in found.items() if held or committed}

    async def open_reservations(self, order_no: str, attempts_max: int = 10) -> Sequence[str]:
        """By the ids that it can have had; only one may ever be open."""
        found = []
        for attempt in range(attempts_max + 1):
            name = f"{order_no}.{attempt}" if attempt else order_no
            outcome = await self.service.engine.reservation(ReadReservation(name))
            if outcome.reservation and outcome.reservation.status in {"held", "confirmed", "part_shipped"}:
                found.append(name)
        return found


def can_leave(stored: StoredOrder) -> Mapping[str, int]:
    return dict(to_ship(stored.order, stored.work.side, bool(stored.work.case.code)))


def line(line_id: str = "a", sku: str = "A", quantity: int = 2, **fields: object) -> dict[str, object]:
    return {"line_id": line_id, "sku": sku, "title": "Tee", "quantity": quantity, **fields}


def document(version: int = 1, lines: Sequence[object] | None = None, **fields: object) -> dict[str, object]:
    """An order of one's own shop, paid; `version`: the second in which it was modified."""
    return {
        "order_id": "1",
        "payment": "paid",
        "fulfilment": "open",
        "currency": "CNY",
        "buyer_id": "buyer-7",
        "remark": "ring twice",
        "paid": "12.30",
        "created_at": "2026-11-11T00:00:00Z",
        "modified_at": f"2026-11-11T00:00:{version:02}Z",
        "receiver": RECEIVER,
        "lines": lines if lines is not None else [line()],
        **fields,
    }
