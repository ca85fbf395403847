"""One's own shop."""

from collections.abc import AsyncIterator, Mapping, Sequence

from inventory_service.channels.calls import Document, SignedCalls
from inventory_service.channels.clock import Clock
from inventory_service.channels.documents import listed, mapping, sequence, text
from inventory_service.channels.generic.payload import (
    ACCEPTED,
    REFUSED,
    GenericDialect,
    arrived,
    hint,
    iso_time,
    refund,
    refusal,
)
from inventory_service.channels.generic.signature import message_signed
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
PAGES_MAX = 10_000  # of one window: a shop whose cursor never ends is no shop
LEVELS_MAX = 100  # in one stock call


class GenericAdapter:
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
        await self._calls.ask("orders.search", _filter("modified", Window(now_ms - 60_000, now_ms), None))

    async def orders(
        self, window: Window, is_taken: IsTaken = nothing_taken
    ) -> AsyncIterator[Sequence[Arrived | Missed]]:
        async for rows in self._pages("orders", "modified", window):
            yield left(each(rows, arrived), is_taken)

    async def placed(self, window: Window) -> AsyncIterator[Sequence[Arrived | Missed]]:
        async for rows in self._pages("orders", "created", window):
            yield each(rows, arrived)

    async def order(self, channel_order_id: str) -> Arrived:
        found = arrived((await self._calls.ask("orders.get", {"order_id": channel_order_id})).get("order"))
        if found.channel_order_id != channel_order_id:
            raise NotUnderstood("the detail of another order")
        return found

    async def refunds(self, window: Window) -> AsyncIterator[Sequence[Refund | Missed]]:
        async for rows in self._pages("refunds", "modified", window):
            yield each(rows, refund)

    async def write_stock(self, levels: Sequence[StockLevel]) -> Sequence[Unwritten]:
        refused: list[Unwritten] = []
        for first in range(0, len(levels), LEVELS_MAX):
            refused += await self._write(levels[first : first + LEVELS_MAX])
        return refused

    async def pushed(self, headers: Mapping[str, str], body: bytes) -> Hints:
        live = (await self._calls.credentials.live())[:LIVE_MAX]
        known = {name.lower(): value for name, value in headers.items()}
        if not message_signed(known, body, live, self._calls.clock.now_ms()):
            raise CredentialRefused("app_secret", "no live secret signed this message within the last five minutes")
        message_id = known["webhook-id"]
        found = hint(body)
        if message_id in self._replays:
            return Hints((), ())
        return Hints([found] if found else [], [message_id])

    def remember(self, hints: Hints) -> None:
        self._replays.remember(hints.message_ids)

    async def _pages(self, what: str, time: str, window: Window) -> AsyncIterator[Sequence[object]]:
        """A cursor continues behind a row, so that nothing moves away from under it."""
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            result = await self._calls.ask(f"{what}.search", _filter(time, window, cursor))
            yield sequence(result.get(what), what)
            following = result.get("next_cursor")
            if following is None:
                return
            if following == cursor:
                raise NotUnderstood("the cursor stands still")
            cursor = text(following, "next_cursor")
        raise NotUnderstood(f"more than {PAGES_MAX} pages")

    async def _write(self, levels: Sequence[StockLevel]) -> list[Unwritten]:
        told = {"levels": [level._asdict() for level in levels]}
        try:
            result = await self._calls.ask("stock.set", told)
        except (Permanent, NotUnderstood) as error:
            return [Unwritten(level, error) for level in levels]
        of_article = {(level.product_id, level.sku_id): level for level in levels}
        refused = [mapping(row, "refused") for row in listed(result.get("refused"), "refused")]
        return [
            Unwritten(level, refusal(row))
            for row in refused
            if (level := of_article.get((str(row.get("product_id")), str(row.get("sku_id") or ""))))
        ]


def open_adapter(shop: Shop, credentials: CredentialSource, clock: Clock) -> Adapter:
    return GenericAdapter(SignedCalls(shop, GenericDialect(), credentials, clock))


def _filter(time: str, window: Window, cursor: str | None) -> Document:
    return {
        f"{time}_from": iso_time(window.start_ms),
        f"{time}_to": iso_time(window.end_ms),
        "cursor": cursor,
        "limit": PAGE_SIZE,
    }
