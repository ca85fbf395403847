"""Every use case of orders, wired as the processes wire them, and a shop that sells in its own words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.commands import ReadReservation
from inventory_service.domain.orders.intent import to_ship
from inventory_service.ledger.orders.book import PostgresOrderBook
from inventory_service.ledger.orders.failures import PostgresFailures
from inventory_service.ledger.orders.reader import PostgresOrderReader
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.orders.sku_codes import PostgresSkuCodes
from inventory_service.sealing import KEY_BYTES, Sealer
from inventory_service.usecases.orders.arrive import Arrival, ArriveOrder
from inventory_service.usecases.orders.erase import EraseCustomer
from inventory_service.usecases.orders.hear import HearWarehouse
from inventory_service.usecases.orders.map_skus import MapSkus
from inventory_service.usecases.orders.ports import OrderKey, StoredOrder
from inventory_service.usecases.orders.read_orders import ReadOrders
from inventory_service.usecases.orders.retry import RetryOrders
from inventory_service.usecases.orders.settle import SettleOrder
from inventory_service.usecases.orders.stock_steps import StockSteps
from inventory_service.usecases.ports import StockFilter
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
        self.read_document = DocumentReader()
        seals, pool = Seals(sealer), service.pool
        self.book = PostgresOrderBook(pool, seals)
        self.failures = PostgresFailures(pool, seals)
        self.steps = StockSteps(service.reserve, service.confirm, service.release, service.reservations, service.routes)
        self.arrive = ArriveOrder(self.book, self.failures, self._read, self._now)
        self.settle = SettleOrder(self.book, self.steps, service.stock, lambda _, __: self.hold_seconds, self._now)
        self.retry = RetryOrders(self.book, self.failures, self.arrive, self.settle, self._now)
        self.skus = MapSkus(PostgresSkuCodes(pool, seals), self.settle, self._now)
        self.warehouse = HearWarehouse(self.book, self.settle, self._now)
        self.reader = PostgresOrderReader(pool, seals)
        self.read = ReadOrders(self.reader, self._now)
        self.erase = EraseCustomer(self.book, self.failures, self._now)

    def _now(self) -> int:
        return self.now_ms

    def _read(self, channel: str, shop: str, document: object) -> Any:
        return self.read_document(channel, shop, document)

    async def arrives(self, document: Mapping[str, object], order_id: str = "1") -> Arrival:
        modified = datetime.fromisoformat(str(document["modified_at"]))
        return await self.arrive(OrderKey(CHANNEL, SHOP, order_id), round(modified.timestamp() * 1000), document)

    async def takes(self, document: Mapping[str, object]) -> StoredOrder:
        """Arrived, and its stock done."""
        arrival = await self.arrives(document)
        return await self.settle(arrival.order_no)

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
