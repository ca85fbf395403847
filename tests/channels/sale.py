"""One order on a simulated platform and all that it does here: pulled, mapped, merged, its stock, its warehouses."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.orders.stock_side import Part
from inventory_service.domain.orders.telling import Saying
from inventory_service.domain.warehouse import Warehouse
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.orders.summaries import PostgresSummaries
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.usecases.orders.intake import Intake
from inventory_service.usecases.orders.ports import OrderFilter, SkuCode, StoredOrder
from inventory_service.usecases.ports import StockFilter
from inventory_service.usecases.requests import MovementRequest, ReserveRequest
from inventory_service.usecases.sync.adapter import Adapter, Arrived, HasQueue, Refund, TakesPushes
from inventory_service.usecases.sync.duty import Line as ShopLine
from inventory_service.usecases.sync.follow_hints import FollowHints
from inventory_service.usecases.sync.poll import PollShop
from inventory_service.usecases.sync.ports import Took
from inventory_service.usecases.sync.queue import DrainQueue
from tests.channels.channel import MINUTE_MS, Safe, credential_of, simulator_of
from tests.orders.house import ADA, Orders
from tests.simulators.book import Book, Line, Order, Return, State
from tests.simulators.clock import SimulatedClock
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Simulator
from tests.simulators.taobao import TaobaoSimulator
from tests.sync.house import Registered, Told, Watch, opened_adapter
from tests.usecases.real import Service, request, scan

STOCK = 10
SHENZHEN, BEIJING = "SZX", "PEK"
REPEATS = 2


class Recorded(Intake):
    """Remembers what the platform sent."""

    seen: list[Arrived | Refund]

    async def arrive(self, channel: str, shop: str, arrived: Arrived) -> Took:
        self.seen.append(arrived)
        return await super().arrive(channel, shop, arrived)

    async def refund(self, channel: str, shop: str, refund: Refund) -> Took:
        self.seen.append(refund)
        return await super().refund(channel, shop, refund)


@dataclass
class Sale:
    """`sku`: this sale's own, STOCK units of it in Shenzhen, where the buyer lives too."""

    service: Service
    orders: Orders
    simulator: Simulator
    adapter: Adapter
    clock: SimulatedClock
    shop: Registered
    poll: PollShop
    hints: PostgresHintBook
    follow: FollowHints
    drain: DrainQueue | None
    intake: Recorded
    sku: str
    order: Order = field(init=False)

    @property
    def book(self) -> Book:
        return self.simulator.book

    # What happens on the platform.

    async def placed(self, state: State = "paid", quantity: int = 2, **fields: object) -> StoredOrder:
        self.order = self.book.place(state=state, skus=[self.sku])
        self.order.lines[0].quantity = quantity
        for name, value in fields.items():
            setattr(self.order, name, value)
        if self.order.cash_on_delivery:
            self.order.paid_ms = None
        return await self.arrives()

    async def becomes(self, state: State) -> StoredOrder:
        self.book.change(self.order.order_id, state)
        if self.order.cash_on_delivery:
            self.order.paid_ms = None
        return await self.arrives()

    async def edited(self, **fields: object) -> StoredOrder:
        for name, value in fields.items():
            setattr(self.order, name, value)
        return await self.becomes(self.order.state)

    async def of_quantity(self, quantity: int) -> StoredOrder:
        self.order.lines[0].quantity = quantity
        return await self.becomes(self.order.state)

    async def with_line(self, sku: str, quantity: int, is_gift: bool = False) -> StoredOrder:
        """One more line in it."""
        line = Line(line_id=f"{self.order.order_id}9", sku=sku, quantity=quantity, is_gift=is_gift)
        self.order.lines.append(line)
        return await self.becomes(self.order.state)

    async def asked_back(self, units: int | None = None, amount_minor: int | None = None) -> Return:
        returned = self.book.ask_back(self.order.order_id, units=units, amount_minor=amount_minor)
        await self.arrives()
        return returned

    async def refunded(self, units: int | None = None, amount_minor: int | None = None) -> StoredOrder:
        returned = await self.asked_back(units, amount_minor)
        self.book.end_refund(returned.refund_id, "succeeded")
        return await self.arrives()

    # How it comes here.

    async def arrives(self) -> StoredOrder:
        """By a message and the detail that it leads to, then by a poll, which also has the refunds."""
        self.orders.now_ms = self.clock.now_ms()
        await self._message()
        await self.follow.run_once()
        return await self.polled()

    async def polled(self) -> StoredOrder:
        self.clock.advance(2 * MINUTE_MS)
        self.orders.now_ms = self.clock.now_ms()
        await self.poll.run_once()
        await self.follow.run_once()  # a refund is newer than its order
        return await self.settled()

    async def settled(self) -> StoredOrder:
        await self.orders.retry.run_once()
        return await self.stored()

    async def repeated_and_reordered(self, seed: int) -> None:
        """All that the platform ever sent of it, again."""
        seen = list(self.intake.seen) * REPEATS
        random.Random(seed).shuffle(seen)
        shop = (self.shop.channel, self.shop.shop)
        for each in seen:
            if isinstance(each, Refund):
                took = await self.intake.refund(*shop, each)
            else:
                took = await self.intake.arrive(*shop, each)
            assert took is Took.UNCHANGED
        await self.settled()

    async def _message(self) -> None:
        simulator = self.simulator
        if isinstance(simulator, TaobaoSimulator):
            assert self.drain is not None
            simulator.tell(self.order, times=2)
            await self.drain.run_once()
            return
        assert isinstance(simulator, DouyinSimulator | GenericSimulator)
        assert isinstance(self.adapter, TakesPushes)
        pushed = simulator.push([self.order]) if isinstance(simulator, DouyinSimulator) else simulator.push(self.order)
        hints = await self.adapter.pushed(*pushed)
        await self.hints.note(self.shop.shop, [each.channel_order_id for each in hints.orders], self.clock.now_ms())
        self.adapter.remember(hints)

    # What warehouses and people do.

    async def says(self, saying: Saying, warehouse: str = SHENZHEN) -> StoredOrder:
        return await self.orders.says(await self.order_no(), saying, warehouse)

    async def not_shipped(self) -> StoredOrder:
        return await self.orders.not_shipped(await self.order_no())

    async def shipped(self) -> StoredOrder:
        """Said, and scanned; then the platform knows it too."""
        stored = await self.says(Saying.SHIPPED)
        record = await self.open_reservations()
        units = self.order.lines[0].quantity
        scanned = scan(f"scan-{self.sku}", record[0], sku=self.sku, warehouse=SHENZHEN, quantity=units)
        (result,) = await self.service.scans("wms", [scanned])
        assert result.code == ""
        await self.becomes("shipped")
        return stored

    async def returned(self, units: int) -> None:
        movement = MovementRequest(f"back-{self.sku}", "return", self.sku, SHENZHEN, units)
        (result,) = await self.service.move("wms", [movement])
        assert result.result == "applied"

    async def mapped(self, code: str, parts: Sequence[tuple[str, int]]) -> None:
        meaning = SkuCode(self.shop.channel, self.shop.shop, code, [Part(*part) for part in parts])
        await self.orders.skus.put(meaning, "ann")

    async def sold_elsewhere(self, units: int) -> None:
        await self.service.reserve(rival(self.sku, units))

    async def stocked(self, sku: str, warehouse: str = SHENZHEN, units: int = STOCK) -> None:
        movement = MovementRequest(f"in-{sku}-{warehouse}", "receive", sku, warehouse, units)
        (result,) = await self.service.move("wms", [movement])
        assert result.result == "applied"
        await self.service.ledger.stock(StockFilter(), 1, "")  # the ledger knows it by now

    # What is known here.

    async def stored(self) -> StoredOrder:
        wanted = OrderFilter(channel=self.shop.channel, shop=self.shop.shop, channel_order_id=self.order.order_id)
        (found,) = (await self.orders.read.list(wanted, 2, "", ADA)).data
        return found

    async def order_no(self) -> str:
        return (await self.stored()).order.order_no

    async def units(self, sku: str = "") -> tuple[int, int]:
        """Held and committed."""
        _, held, committed = await self.service.counters(sku or self.sku)
        return held, committed

    async def on_hand(self) -> int:
        return (await self.service.counters(self.sku))[0]

    async def case(self) -> str:
        return (await self.stored()).work.case.code

    async def tale(self) -> list[tuple[str, int]]:
        """What its warehouses were told: the kind, and units of all SKUs."""
        number = await self.order_no()
        mine = [each for each in await self.orders.told() if each.order_no == number]
        return [(each.kind, sum(units for _, units in each.units)) for each in mine]

    async def open_reservations(self) -> Sequence[str]:
        return await self.orders.open_reservations(await self.order_no(), 4)

    async def standing(self) -> object:
        """All that must stay as it is, whatever is repeated."""
        stored = await self.stored()
        return stored.order, stored.work, await self.units(), await self.tale(), await self.open_reservations()


def rival(sku: str, units: int) -> ReserveRequest:
    return request(f"rival-{sku}")._replace(lines=[LineRequest(sku, units)])


@asynccontextmanager
async def opened_sale(platform: str, name: str, service: Service) -> AsyncIterator[Sale]:
    """A shop of the case's own on a platform of its own; the service is everybody's."""
    clock = SimulatedClock()
    simulator = simulator_of(platform, clock)
    async with simulator.serving():
        shop = Registered(f"{platform} {name}".replace(" ", "-"), platform, simulator.url)
        safe = Safe([credential_of(simulator)])
        adapter = opened_adapter(shop, safe, clock)
        try:
            sale = _sale(service, simulator, adapter, shop, safe)
            await service.warehouses.put(Warehouse(SHENZHEN, SHENZHEN, region="440300"))
            await service.warehouses.put(Warehouse(BEIJING, BEIJING, region="110000"))
            await sale.stocked(sale.sku)
            await sale.poll.run_once()
            clock.advance(5 * MINUTE_MS)
            yield sale
        finally:
            await adapter.close()


def _sale(service: Service, simulator: Simulator, adapter: Adapter, shop: Registered, safe: Safe) -> Sale:
    clock, pool, orders = simulator.clock, service.pool, Orders(service)
    assert isinstance(clock, SimulatedClock)
    line = ShopLine(shop, adapter, Watch(safe), Told())
    hints, book = PostgresHintBook(pool), PostgresSyncBook(pool)
    summaries = PostgresSummaries(pool)
    intake = Recorded(orders.arrive, orders.refund, orders.failures, summaries, orders.tell_broken, clock.now_ms)
    intake.seen = []
    return Sale(
        service=service,
        orders=orders,
        simulator=simulator,
        adapter=adapter,
        clock=clock,
        shop=shop,
        poll=PollShop(line, book, hints, intake, clock.now_ms),
        hints=hints,
        follow=FollowHints(line, book, hints, intake, clock.now_ms),
        drain=DrainQueue(line, adapter, hints, clock.now_ms) if isinstance(adapter, HasQueue) else None,
        intake=intake,
        sku=f"{shop.shop}-A".upper(),
    )
