"""The calls about orders of channels."""

from typing import Literal

from inventory_service.client.base import BaseClient
from inventory_service.client.listing import Listing
from inventory_service.client.order_answers import (
    ErasedCustomer,
    Order,
    OrderFailure,
    OutboundAnswered,
    OutboundEntry,
    OutboundPage,
    RetriedFailure,
    SkuCode,
)
from inventory_service.client.requests import Lines, lines_body, new_id
from inventory_service.client.retries import Retry
from inventory_service.client.stock import PAGE_SIZE, part

_ORDERS = "/v1/orders"
_OUTBOUND = "/v1/wms/outbound-orders"


class OrderCalls(BaseClient):
    """Of InventoryClient. All of them raise NotReady while the service has no sealing keys."""

    def orders(  # noqa: PLR0913  # all by name
        self,
        *,
        channel: str | None = None,
        shop: str | None = None,
        payment: str | None = None,
        fulfilment: str | None = None,
        channel_order_id: str | None = None,
        case: str | None = None,
        sku: str | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[Order]:
        """Newest first: `async for order in client.orders(case="oversold")`."""
        whose = {"channel": channel, "shop": shop, "channel_order_id": channel_order_id}
        wanted = {"payment": payment, "fulfilment": fulfilment, "case": case, "sku": sku}
        return self._list(_ORDERS, Order, page_size, cursor, retry, **whose, **wanted)

    async def order(self, order_no: str, *, retry: Retry | None = None) -> Order:
        """One with its history. Raises NotFound."""
        return await self._ask(f"{_ORDERS}/{part(order_no)}", Order, retry)

    def order_failures(
        self,
        *,
        state: Literal["open", "cured", "erased"] | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[OrderFailure]:
        """Arrivals that could not be taken in, newest first."""
        return self._list(f"{_ORDERS}/failures", OrderFailure, page_size, cursor, retry, state=state)

    async def retry_order_failure(self, failure_id: str, *, retry: Retry | None = None) -> RetriedFailure:
        """Read its document again, with the mapping of today. Raises NotFound."""
        path = f"{_ORDERS}/failures/{part(failure_id)}/retry"
        return await self._change("POST", path, RetriedFailure, {}, failure_id, retry)

    def sku_codes(
        self,
        *,
        channel: str | None = None,
        shop: str | None = None,
        state: Literal["mapped", "unmapped"] | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[SkuCode]:
        """What platforms' codes stand for; `unmapped`: those that orders wait for, and nobody has mapped."""
        path = f"{_ORDERS}/sku-codes"
        return self._list(path, SkuCode, page_size, cursor, retry, channel=channel, shop=shop, state=state)

    async def put_sku_code(
        self, channel: str, code: str, parts: Lines, *, shop: str | None = None, retry: Retry | None = None
    ) -> SkuCode:
        """Say what a code stands for: `put_sku_code("taobao", "SET-1", {"TEE-RED-M": 2, "MUG-BLUE": 1})`.

        Orders that wait for it get their stock. Without `shop`: in every shop of the channel.
        """
        body = {"channel": channel, "code": code, "parts": lines_body(parts)} | ({"shop": shop} if shop else {})
        return await self._change("PUT", f"{_ORDERS}/sku-codes", SkuCode, body, code, retry)

    async def outbound_orders(
        self,
        *,
        cursor: str = "0",
        warehouse: str | None = None,
        page_size: int = PAGE_SIZE,
        wait_seconds: int = 0,
        retry: Retry | None = None,
    ) -> OutboundPage:
        """What warehouses are told to ship, to change and to stop, behind a position.

        Keep `next_cursor` once the page is dealt with, and come back with it, also after an empty one. With
        `wait_seconds`, at most 30, the service waits for an entry where there is none, beside what `retry` allows.
        """
        wanted = {"cursor": cursor, "warehouse": warehouse, "limit": str(page_size)}
        if wait_seconds:
            wanted["wait_seconds"] = str(wait_seconds)
        return await self._ask(_OUTBOUND, OutboundPage, retry, wait_seconds, **wanted)

    async def answer_outbound_order(  # most by name
        self,
        entry: OutboundEntry,
        saying: Literal["ack", "picking", "shipped", "not-shipped", "failed"],
        *,
        answer_id: str | None = None,
        by: str | None = None,
        note: str | None = None,
        retry: Retry | None = None,
    ) -> OutboundAnswered:
        """What a warehouse answers to an entry; counts once by `answer_id`. Raises NotFound, ValidationFailed."""
        answer_id = answer_id or new_id("answer")
        body = {"answer_id": answer_id, "warehouse": entry.warehouse, "position": entry.position}
        told = {name: text for name, text in (("by", by), ("note", note)) if text}
        path = f"{_OUTBOUND}/{part(entry.order_no)}/{saying}"
        return await self._change("POST", path, OutboundAnswered, body | told, answer_id, retry)

    async def erase_customer(self, channel: str, buyer_reference: str, *, retry: Retry | None = None) -> ErasedCustomer:
        """Everything personal of a customer goes, for good."""
        body = {"channel": channel, "buyer_reference": buyer_reference}
        return await self._change("POST", f"{_ORDERS}/erase", ErasedCustomer, body, buyer_reference, retry)
