"""A Douyin shop."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from inventory_service.channels.calls import SignedCalls
from inventory_service.channels.clock import Clock
from inventory_service.channels.documents import identifier, listed, whole
from inventory_service.channels.douyin.payload import (
    ACCEPTED,
    PROBE_TAG,
    REFUSED,
    DouyinDialect,
    arrived,
    hint,
    messages,
    refund,
    stock_parameters,
)
from inventory_service.channels.douyin.signature import SIGN_METHODS, event_signed
from inventory_service.channels.paging import Page, backwards
from inventory_service.channels.replays import Replays
from inventory_service.channels.shop import Shop
from inventory_service.domain.shops.credential import LIVE_MAX
from inventory_service.usecases.shops.ports import CredentialSource
from inventory_service.usecases.sync.adapter import (
    Adapter,
    Arrived,
    CredentialRefused,
    Hints,
    IsTaken,
    Missed,
    NotUnderstood,
    Permanent,
    Refund,
    StockLevel,
    Unwritten,
    each,
    left,
    nothing_taken,
)
from inventory_service.usecases.sync.watermark import Window

PAGE_SIZE = 100
ROWS_MAX = 9_900  # page times size stays under 10,000, the smaller of two caps that the documents tell


class DouyinAdapter:
    window_ms_max = 24 * 60 * 60 * 1000
    accepted = ACCEPTED
    refused = REFUSED

    def __init__(self, calls: SignedCalls) -> None:
        self._calls = calls
        self._replays = Replays()

    def platform_now_ms(self) -> int:
        return self._calls.platform_clock.now_ms()

    async def close(self) -> None:
        await self._calls.close()

    async def probe(self) -> None:
        now_ms = self.platform_now_ms()
        await self._list("update_time", Window(now_ms - 60_000, now_ms), 0)

    async def orders(
        self, window: Window, is_taken: IsTaken = nothing_taken
    ) -> AsyncIterator[Sequence[Arrived | Missed]]:
        """The list has whole orders."""
        async for rows in backwards(partial(self._list, "update_time"), window, PAGE_SIZE, ROWS_MAX):
            yield left(each(rows, arrived), is_taken)

    async def placed(self, window: Window) -> AsyncIterator[Sequence[Arrived | Missed]]:
        async for rows in backwards(partial(self._list, "create_time"), window, PAGE_SIZE, ROWS_MAX):
            yield each(rows, arrived)

    async def order(self, channel_order_id: str) -> Arrived:
        result = await self._calls.ask("order.orderDetail", {"shop_order_id": channel_order_id})
        found = arrived(result.get("shop_order_detail"))
        if found.channel_order_id != channel_order_id:
            raise NotUnderstood("the detail of another order")
        return found

    async def refunds(self, window: Window) -> AsyncIterator[Sequence[Refund | Missed]]:
        async for rows in backwards(self._after_sales, window, PAGE_SIZE, ROWS_MAX):
            yield each(rows, refund)

    async def write_stock(self, levels: Sequence[StockLevel]) -> Sequence[Unwritten]:
        """One by one: the batch call refuses all for the sake of one."""
        refused = []
        for level in levels:
            try:
                await self._calls.ask("sku.syncStock", stock_parameters(level))
            except (Permanent, NotUnderstood) as error:
                refused.append(Unwritten(level, error))
        return refused

    async def pushed(self, headers: Mapping[str, str], body: bytes) -> Hints:
        live = (await self._calls.credentials.live())[:LIVE_MAX]
        if not event_signed({name.lower(): value for name, value in headers.items()}, body, live):
            raise CredentialRefused("app_secret", "no live secret signed this push")
        fresh = {}
        for message in messages(body):
            message_id = identifier(message.get("msg_id"), "msg_id") if message.get("tag") != PROBE_TAG else ""
            if message_id and message_id not in self._replays:
                fresh[message_id] = message
        return Hints([found for message in fresh.values() if (found := hint(message))], list(fresh))

    def remember(self, hints: Hints) -> None:
        self._replays.remember(hints.message_ids)

    async def _list(self, time: str, window: Window, number: int) -> Page:
        asked = {
            f"{time}_start": window.start_ms // 1000,
            f"{time}_end": window.end_ms // 1000,
            "order_by": time,
            "order_asc": True,
        }
        result = await self._calls.ask("order.searchList", asked | _page(number))
        return Page(listed(result.get("shop_order_list"), "shop_order_list"), _total(result))

    async def _after_sales(self, window: Window, number: int) -> Page:
        asked = {
            "update_start_time": window.start_ms // 1000,
            "update_end_time": window.end_ms // 1000,
            "order_by": ["update_time asc"],
        }
        result = await self._calls.ask("afterSale.List", asked | _page(number))
        return Page(listed(result.get("items"), "items"), _total(result))


def open_adapter(shop: Shop, credentials: CredentialSource, clock: Clock) -> Adapter:
    """Raises ValueError for a signature method that there is not."""
    sign_method = shop.options.get("sign_method", SIGN_METHODS[0])
    if sign_method not in SIGN_METHODS:
        raise ValueError(f"{shop.name}: sign_method is one of {', '.join(SIGN_METHODS)}")
    return DouyinAdapter(SignedCalls(shop, DouyinDialect(sign_method), credentials, clock))


def _page(number: int) -> dict[str, object]:
    return {"page": number, "size": PAGE_SIZE}


def _total(result: Mapping[str, object]) -> int:
    return whole(result.get("total"), "total")
