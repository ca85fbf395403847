"""Look at orders. Personal data are masked, unless the caller may see them: then each reading is noted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.errors import Refused
from inventory_service.domain.orders.order import Order, Receiver
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import HistoryEntry, OrderFilter, OrderReader, StoredOrder
from inventory_service.usecases.ports import Page

_SHOWN_BEFORE, _SHOWN_BEHIND = 3, 4
_MASK = "****"
# Where the parcel goes in the large tells nobody who lives there; warehouses and reports need it.
_OPEN = ("country", "province", "city")


@dataclass(frozen=True, slots=True)
class OrderWithHistory:
    stored: StoredOrder
    history: Sequence[HistoryEntry]


class ReadOrders:
    def __init__(self, reader: OrderReader, now_ms: Callable[[], int] = wall_ms) -> None:
        self._reader = reader
        self._now_ms = now_ms

    async def one(self, order_no: str, client: Client) -> OrderWithHistory:
        """Raises Refused (`not_found`), NotReady."""
        stored = await self._reader.order(order_no)
        if stored is None:
            raise not_found(order_no)
        (shown,) = await self.shown([stored], client)
        return OrderWithHistory(shown, await self._reader.history(order_no))

    async def list(self, wanted: OrderFilter, limit: int, cursor: str, client: Client) -> Page[StoredOrder]:
        """Newest first. Raises Refused (`validation_failed`), NotReady."""
        page = await self._reader.orders(wanted, limit, cursor)
        return Page(await self.shown(page.data, client), page.next_cursor)

    async def shown(self, orders: Sequence[StoredOrder], client: Client) -> Sequence[StoredOrder]:
        """In clear only what was noted before: a reading that cannot be noted is none."""
        if Scope.PII_READ not in client.scopes:
            return [hidden(stored) for stored in orders]
        numbers = [stored.order.order_no for stored in orders if not stored.erased_ms]
        if numbers:
            await self._reader.note_reading(client.name, numbers, self._now_ms())
        return orders


def hidden(stored: StoredOrder) -> StoredOrder:
    return stored._replace(order=masked(stored.order))


def masked(order: Order) -> Order:
    fields = order.receiver._asdict()
    hidden = {name: text if name in _OPEN else mask(text) for name, text in fields.items()}
    return order._replace(
        receiver=Receiver(**hidden),
        buyer_reference=mask(order.buyer_reference),
        buyer_message=_MASK if order.buyer_message else "",
        seller_memo=_MASK if order.seller_memo else "",
    )


def mask(text: str) -> str:
    """`138****8888`; of what is short only the first character, or nothing."""
    if len(text) >= _SHOWN_BEFORE + _SHOWN_BEHIND + len(_MASK):
        return text[:_SHOWN_BEFORE] + _MASK + text[-_SHOWN_BEHIND:]
    return text[:1] + _MASK if len(text) > 1 else _MASK if text else ""


def not_found(order_no: str) -> Refused:
    return Refused("not_found", f"There is no order {order_no}.")
