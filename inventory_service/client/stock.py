"""The calls about goods: stock, policies, transfers and warehouses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from inventory_service.client.answers import MovementResult, Policy, Stock, StockEvent, Transfer
from inventory_service.client.base import BaseClient
from inventory_service.client.choices import MovedAway
from inventory_service.client.listing import Listing
from inventory_service.client.requests import (
    ChannelRule,
    Lines,
    Movement,
    ReceivedLine,
    Warehouse,
    lines_body,
    new_id,
)
from inventory_service.client.retries import Retry

PAGE_SIZE = 100
_TRANSFERS = "/v1/stock/transfers"


def part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


class StockCalls(BaseClient):
    """Of InventoryClient."""

    # Stock

    async def stock(self, sku: str, *, channel: str | None = None, retry: Retry | None = None) -> Stock:
        """One SKU as it is now, in all and per warehouse. `channel`: with its `terms`. Raises UnknownSku."""
        return await self._ask(f"/v1/stock/{part(sku)}", Stock, retry, channel=channel)

    def stock_list(
        self,
        *,
        skus: Iterable[str] = (),
        warehouse: str | None = None,
        available_below: int | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[Stock]:
        """Many SKUs, by their code; all of them unless told otherwise."""
        below = None if available_below is None else str(available_below)
        path = "/v1/stock"
        return self._list(
            path, Stock, page_size, cursor, retry, sku=list(skus), warehouse=warehouse, available_below=below
        )

    def stock_events(
        self,
        sku: str,
        *,
        warehouse: str | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[StockEvent]:
        """A SKU's history, newest first."""
        return self._list(f"/v1/stock/{part(sku)}/events", StockEvent, page_size, cursor, retry, warehouse=warehouse)

    async def move_stock(self, movements: Iterable[Movement], *, retry: Retry | None = None) -> list[MovementResult]:
        """Up to 1,000 movements, each judged on its own; results in the same order. The same object, sent again, is
        a `duplicate`.
        """
        sent = list(movements)
        ids = tuple(movement.movement_id for movement in sent)
        return await self._send("/v1/stock/movements", MovementResult, {"movements": sent}, ids, retry)

    async def policy(self, sku: str, *, retry: Retry | None = None) -> Policy:
        """What is withheld of it, and on which terms it is sold. Raises UnknownSku."""
        return await self._ask(f"/v1/stock/{part(sku)}/policy", Policy, retry)

    async def set_policy(  # noqa: PLR0913  # all by name
        self,
        sku: str,
        *,
        safety_stock: int | None = None,
        warn_below: int | None = None,
        warehouse: str | None = None,
        total_safety_stock: int | None = None,
        limit_below: int | None = None,
        limit_quantity: int | None = None,
        pause_below: int | None = None,
        total_warn_below: int | None = None,
        channels: Mapping[str, ChannelRule] | None = None,
        preorder_limit: int | UnsetType | None = UNSET,
        retry: Retry | None = None,
    ) -> Stock:
        """How much is never promised, on which terms it is sold, and when to warn; what is None stays as it is.

        `safety_stock` and `warn_below` are of one `warehouse`, or without it each warehouse's default. Everything else
        counts over all of them. `preorder_limit`: so many are sold ahead of dated arrivals; None: never sold ahead;
        left out: as it is. Raises UnknownSku, UnknownWarehouse.
        """
        given = {
            "safety_stock": safety_stock,
            "warn_below": warn_below,
            "warehouse": warehouse,
            "total_safety_stock": total_safety_stock,
            "limit_below": limit_below,
            "limit_quantity": limit_quantity,
            "pause_below": pause_below,
            "total_warn_below": total_warn_below,
            "channels": None if channels is None else dict(channels),
        }
        body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if preorder_limit is not UNSET:
            body["preorder_limit"] = preorder_limit
        return await self._change("PUT", f"/v1/stock/{part(sku)}/policy", Stock, body, sku, retry)

    async def put_warehouse(self, warehouse: Warehouse, *, retry: Retry | None = None) -> Warehouse:
        """Create or replace a warehouse."""
        body = msgspec.to_builtins(warehouse)
        del body["code"]
        return await self._change(
            "PUT", f"/v1/warehouses/{part(warehouse.code)}", Warehouse, body, warehouse.code, retry
        )

    def warehouses(
        self, *, page_size: int = PAGE_SIZE, cursor: str | None = None, retry: Retry | None = None
    ) -> Listing[Warehouse]:
        return self._list("/v1/warehouses", Warehouse, page_size, cursor, retry)

    async def reallocate_warehouse(
        self, code: str, *, page_size: int = PAGE_SIZE, cursor: str | None = None, retry: Retry | None = None
    ) -> MovedAway:
        """Move open reservations away from a warehouse that failed, the oldest first.

        One page a call: go on with its `next_cursor`. A repeat after a lost answer does not list what the first
        attempt moved. Raises UnknownWarehouse.
        """
        return await self._walk(f"/v1/warehouses/{part(code)}/reallocate", MovedAway, page_size, cursor, code, retry)

    # Transfers between warehouses

    async def open_transfer(  # noqa: PLR0913  # most by name
        self,
        origin: str,
        destination: str,
        lines: Lines,
        *,
        transfer_id: str | None = None,
        expected_at: datetime | None = None,
        reference: str | None = None,
        ship: bool = False,
        force: bool = False,
        retry: Retry | None = None,
    ) -> Transfer:
        """Plan to move goods, or with `ship` send them at once, once per `transfer_id`. A plan moves no stock.

        `expected_at`, with its offset: when it is to be there. `force`: even what is promised at the origin.
        Raises UnknownSku, UnknownWarehouse, IdempotencyMismatch, and Conflict (`would_break_commitments`).
        """
        transfer_id = transfer_id or new_id("trf")
        given = {"expected_at": expected_at, "reference": reference, "ship": ship or None, "force": force or None}
        body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        body |= {"transfer_id": transfer_id, "from": origin, "to": destination, "lines": lines_body(lines)}
        return await self._step(_TRANSFERS, body, (transfer_id,), retry)

    async def transfer(self, transfer_id: str, *, retry: Retry | None = None) -> Transfer:
        """As it is now, also long after it ended. Raises NotFound."""
        return await self._ask(_transfer_path(transfer_id), Transfer, retry)

    def transfers(
        self,
        *,
        state: Literal["draft", "in_transit", "received", "cancelled"] | None = None,
        origin: str | None = None,
        destination: str | None = None,
        sku: str | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[Transfer]:
        """Newest first."""
        wanted = {"state": state, "from": origin, "to": destination, "sku": sku}
        return self._list(_TRANSFERS, Transfer, page_size, cursor, retry, **wanted)

    async def ship_transfer(
        self, transfer_id: str, *, lines: Lines | None = None, force: bool = False, retry: Retry | None = None
    ) -> Transfer:
        """The goods of a plan left: as planned, or what `lines` say. It happens once, whoever repeats it.

        `force`: even what is promised at the origin.
        Raises NotFound, and Conflict (`transfer_state`, `would_break_commitments`).
        """
        body: dict[str, Any] = {"force": True} if force else {}
        if lines is not None:
            body["lines"] = lines_body(lines)
        return await self._step(_transfer_path(transfer_id, "/ship"), body, (transfer_id,), retry)

    async def receive_transfer(
        self,
        transfer_id: str,
        lines: Iterable[ReceivedLine] = (),
        *,
        receipt_id: str | None = None,
        close: bool = False,
        retry: Retry | None = None,
    ) -> Transfer:
        """Goods came, once per `receipt_id`; more or less than was sent is told (`discrepancy`), never refused.

        `close`: what is missing does not come any more, it is lost. Raises NotFound, IdempotencyMismatch, and Conflict
        (`transfer_state`).
        """
        receipt_id = receipt_id or new_id("rcp")
        body: dict[str, Any] = {"receipt_id": receipt_id, "lines": list(lines)} | ({"close": True} if close else {})
        return await self._step(_transfer_path(transfer_id, "/receive"), body, (receipt_id,), retry)

    async def cancel_transfer(self, transfer_id: str, *, retry: Retry | None = None) -> Transfer:
        """Give up a plan. Raises NotFound, and Conflict (`transfer_state`) for one that left."""
        return await self._step(_transfer_path(transfer_id, "/cancel"), None, (transfer_id,), retry)


def _transfer_path(transfer_id: str, verb: str = "") -> str:
    return f"{_TRANSFERS}/{part(transfer_id)}{verb}"
