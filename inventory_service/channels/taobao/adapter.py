"""A Taobao or Tmall shop."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import TypeVar

from inventory_service.channels.calls import Document, SignedCalls
from inventory_service.channels.clock import Clock
from inventory_service.channels.documents import identifier, listed, mapping
from inventory_service.channels.paging import Page, backwards
from inventory_service.channels.shop import Shop
from inventory_service.channels.taobao.payload import (
    REFUND_FIELDS,
    TRADE_FIELDS,
    TopDialect,
    arrived,
    queued_message,
    refund,
    top_time,
    total_of,
)
from inventory_service.channels.taobao.signature import SIGN_METHODS
from inventory_service.usecases.shops.ports import CredentialSource
from inventory_service.usecases.sync.adapter import (
    Adapter,
    Arrived,
    Hints,
    IsTaken,
    Missed,
    NotUnderstood,
    Permanent,
    Refund,
    StockLevel,
    Temporary,
    Unwritten,
    each,
    nothing_taken,
)
from inventory_service.usecases.sync.watermark import Window

PAGE_SIZE = 50  # 40 to 50 are advised
ROWS_MAX = 10_000
LISTED_FIELDS = "tid,status,modified"
DETAILS_TOGETHER_MAX = 8
SKUS_MAX = 20  # in one stock call
MESSAGES_MAX = 200  # fetched and confirmed in one call

T = TypeVar("T")


class TaobaoAdapter:
    window_ms_max = 30 * 60 * 1000  # a day is allowed, half an hour is advised

    def __init__(self, calls: SignedCalls) -> None:
        self._calls = calls
        self._message_group = calls.shop.options.get("message_group", "default")

    def platform_now_ms(self) -> int:
        return self._calls.platform_clock.now_ms()

    async def close(self) -> None:
        await self._calls.close()

    async def probe(self) -> None:
        now_ms = self.platform_now_ms()
        await self._modified(Window(now_ms - 60_000, now_ms), 0)

    async def orders(
        self, window: Window, is_taken: IsTaken = nothing_taken
    ) -> AsyncIterator[Sequence[Arrived | Missed]]:
        """A list has part of an order only: the rest is asked for one by one."""
        async for rows in backwards(self._modified, window, PAGE_SIZE, ROWS_MAX):
            for some in _in_groups((row for row in rows if not _shows(row, is_taken)), DETAILS_TOGETHER_MAX):
                yield await self._details(some)

    async def placed(self, window: Window) -> AsyncIterator[Sequence[Arrived | Missed]]:
        async for rows in backwards(self._created, window, PAGE_SIZE, ROWS_MAX):
            for some in _in_groups(rows, DETAILS_TOGETHER_MAX):
                yield await self._details(some)

    async def order(self, channel_order_id: str) -> Arrived:
        asked = {"fields": TRADE_FIELDS, "tid": channel_order_id, "include_oaid": "true"}
        result = await self._calls.ask("taobao.trade.fullinfo.get", asked)
        found = arrived(result.get("trade"))
        if found.channel_order_id != channel_order_id:
            raise NotUnderstood("the detail of another order")
        return found

    async def refunds(self, window: Window) -> AsyncIterator[Sequence[Refund | Missed]]:
        async for rows in backwards(self._refunds, window, PAGE_SIZE, ROWS_MAX):
            yield each(rows, refund)

    async def write_stock(self, levels: Sequence[StockLevel]) -> Sequence[Unwritten]:
        refused: list[Unwritten] = []
        of_product = sorted(levels, key=lambda level: level.product_id)
        for product_id, group in groupby(of_product, key=lambda level: level.product_id):
            for some in _in_groups(group, SKUS_MAX):
                refused += await self._write(product_id, some)
        return refused

    async def queued(self) -> Hints:
        asked = {"group_name": self._message_group, "quantity": MESSAGES_MAX}
        result = await self._calls.ask("taobao.tmc.messages.consume", asked)
        messages = each(_rows(result, "messages", "tmc_message"), queued_message)
        told = [message for message in messages if not isinstance(message, Missed)]
        return Hints([hint for _, hint in told if hint], [message_id for message_id, _ in told])

    async def confirm(self, hints: Hints) -> None:
        for some in _in_groups(hints.message_ids, MESSAGES_MAX):
            asked = {"group_name": self._message_group, "s_message_ids": ",".join(some)}
            await self._calls.ask("taobao.tmc.messages.confirm", asked)

    async def _modified(self, window: Window, number: int) -> Page:
        asked = {"fields": LISTED_FIELDS} | _within("modified", window) | _page(number)
        result = await self._calls.ask("taobao.trades.sold.increment.get", asked)
        return Page(_rows(result, "trades", "trade"), total_of(result))

    async def _created(self, window: Window, number: int) -> Page:
        asked = {"fields": LISTED_FIELDS} | _within("created", window) | _page(number)
        result = await self._calls.ask("taobao.trades.sold.get", asked)
        return Page(_rows(result, "trades", "trade"), total_of(result))

    async def _refunds(self, window: Window, number: int) -> Page:
        asked = {"fields": REFUND_FIELDS} | _within("modified", window) | _page(number)
        result = await self._calls.ask("taobao.refunds.receive.get", asked)
        return Page(_rows(result, "refunds", "refund"), total_of(result))

    async def _details(self, rows: Sequence[object]) -> list[Arrived | Missed]:
        """TOP, which has just told of them, may break at one of them for good. Where it breaks at all, it is away."""
        try:
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(self._detail(row)) for row in rows]
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None  # one is as good as all: the window is read again
        found = [task.result() for task in asked]
        broken = [each.error for each in found if isinstance(each, Missed) and isinstance(each.error, Temporary)]
        if len(broken) == len(found) > 1:
            raise broken[0]
        return found

    async def _detail(self, row: object) -> Arrived | Missed:
        tid = ""
        try:
            tid = identifier(mapping(row, "trade").get("tid"), "tid")
            return await self.order(tid)
        except (Permanent, NotUnderstood, Temporary) as error:
            return Missed(tid, error, row)

    async def _write(self, product_id: str, levels: Sequence[StockLevel]) -> list[Unwritten]:
        """Those without variants have a call of their own; a list that is refused is written one by one."""
        try:
            await self._write_together(product_id, levels)
        except (Permanent, NotUnderstood) as error:
            if len(levels) == 1:
                return [Unwritten(levels[0], error)]
            return [refused for level in levels for refused in await self._write(product_id, [level])]
        return []

    async def _write_together(self, product_id: str, levels: Sequence[StockLevel]) -> None:
        asked: Document = {"num_iid": product_id, "type": 1}  # 1: absolute
        of_skus = [f"{level.sku_id}:{level.available}" for level in levels if level.sku_id]
        if of_skus:
            await self._calls.ask("taobao.skus.quantity.update", {**asked, "skuid_quantities": ";".join(of_skus)})
        for level in levels:
            if not level.sku_id:
                await self._calls.ask("taobao.item.quantity.update", {**asked, "quantity": level.available})


def open_adapter(shop: Shop, credentials: CredentialSource, clock: Clock) -> Adapter:
    """Raises ValueError for a signature method that there is not."""
    sign_method = shop.options.get("sign_method", SIGN_METHODS[0])
    if sign_method not in SIGN_METHODS:
        raise ValueError(f"{shop.name}: sign_method is one of {', '.join(SIGN_METHODS)}")
    return TaobaoAdapter(SignedCalls(shop, TopDialect(sign_method), credentials, clock))


def _shows(row: object, is_taken: IsTaken) -> bool:
    """A version that is there; what cannot be read is nothing of the kind."""
    try:
        listed = arrived(row)
    except NotUnderstood:
        return False
    return is_taken(listed.channel_order_id, listed.modified_ms)


def _within(time: str, window: Window) -> dict[str, str]:
    return {f"start_{time}": top_time(window.start_ms), f"end_{time}": top_time(window.end_ms)}


def _page(number: int) -> dict[str, str]:
    """`use_has_next` would keep back the total, without which nobody knows the last page."""
    return {"page_no": str(number + 1), "page_size": str(PAGE_SIZE), "use_has_next": "false"}


def _rows(result: Document, plural: str, singular: str) -> Sequence[object]:
    """TOP leaves an empty list out."""
    wrapped = result.get(plural)
    return () if wrapped is None else listed(mapping(wrapped, plural).get(singular), singular)


def _in_groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
