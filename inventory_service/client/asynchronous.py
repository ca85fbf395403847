"""The client for asyncio; `synchronous` puts a face without `await` on it."""

from collections.abc import Iterable
from typing import Literal, Unpack

import msgspec
from msgspec import Struct

from inventory_service.client.answers import (
    Alert,
    BatchResult,
    Problem,
    Readiness,
    Reservation,
    ScanException,
    ScanResult,
)
from inventory_service.client.channels import ChannelCalls
from inventory_service.client.choices import AllocationExplained, Preview, ShortPickResult
from inventory_service.client.errors import NotReady
from inventory_service.client.hold import Hold
from inventory_service.client.listing import Listing
from inventory_service.client.orders import OrderCalls
from inventory_service.client.requests import (
    AllocationRule,
    Confirm,
    Extend,
    Lines,
    Operation,
    Release,
    Reserve,
    ReserveOptions,
    Scan,
    ShipTo,
    ShortPick,
    lines_body,
    new_id,
    operation_body,
)
from inventory_service.client.retries import Retry
from inventory_service.client.shops import ShopCalls
from inventory_service.client.stock import PAGE_SIZE, StockCalls, part

ONCE = Retry(attempts=1)


class _OperationResult(Struct, frozen=True):
    status: int
    body: msgspec.Raw
    idempotent_replayed: bool = False


class InventoryClient(OrderCalls, StockCalls, ShopCalls, ChannelCalls):
    """One client of the service, for one event loop: `async with InventoryClient(url, api_key) as client`.

    `webhook_secret`: scans are signed with it instead of sent with the key; a WMS needs no key at all.
    `retry`: how long calls are repeated; every call takes one of its own. `connections_max`: what is beyond it waits.

    Whatever must happen once carries an id that is made once for the call, unless you give one of your own, and is
    the same on every repeat. Every method raises InventoryError (the tree stands in `inventory_service.client.errors`).
    """

    # Reservations

    async def reserve(
        self, lines: Lines, *, retry: Retry | None = None, **options: Unpack[ReserveOptions]
    ) -> Reservation:
        """Hold stock for one order, all lines or nothing: `reserve({"TEE-RED-M": 2}, ttl_seconds=600)`.

        A `reservation_id` of your own makes a repeat of the call, also after a crash, the same reservation: it is
        answered as it is now, so decide by `status`. Raises InsufficientStock, UnknownSku, UnknownWarehouse,
        IdempotencyMismatch.
        """
        operation = Reserve(lines=lines, **options)
        return await self._operate(operation, "/v1/reservations", operation.reservation_id, retry)

    async def confirm(
        self,
        reservation_id: str,
        *,
        reacquire: bool = False,
        idempotency_key: str | None = None,
        retry: Retry | None = None,
    ) -> Reservation:
        """It is paid: the deadline is gone, the stock is committed.

        `reacquire`: if it expired, take the stock again if it is still there (`outcome` "reacquired").
        Raises ReservationExpired, ReservationReleased, InsufficientStock, NotFound.
        """
        operation = Confirm(reservation_id=reservation_id, reacquire=reacquire)
        path = _reservation_path(reservation_id, "/confirm")
        return await self._operate(operation, path, idempotency_key or new_id("op"), retry)

    async def release(
        self,
        reservation_id: str,
        *,
        lines: Lines | None = None,
        release_id: str | None = None,
        retry: Retry | None = None,
    ) -> Reservation:
        """Give back everything, or with `lines` a part, once per `release_id`.

        What expired or was released before is answered as it is. Raises ReservationShipped, NotFound, and
        InvalidRequest for more than is open.
        """
        operation = Release(reservation_id=reservation_id, lines=lines, release_id=release_id or new_id("rel"))
        path = _reservation_path(reservation_id, "/release")
        return await self._operate(operation, path, operation.release_id, retry)

    async def extend(
        self,
        reservation_id: str,
        *,
        ttl_seconds: int,
        reacquire: bool = False,
        idempotency_key: str | None = None,
        retry: Retry | None = None,
    ) -> Reservation:
        """Move the deadline to now + `ttl_seconds`. `reacquire` as in `confirm`. Raises NotHeld, NotFound."""
        operation = Extend(reservation_id=reservation_id, ttl_seconds=ttl_seconds, reacquire=reacquire)
        path = _reservation_path(reservation_id, "/extend")
        return await self._operate(operation, path, idempotency_key or new_id("op"), retry)

    def hold(self, lines: Lines, *, retry: Retry | None = None, **options: Unpack[ReserveOptions]) -> Hold:
        """Stock held while a block runs, given back unless `hold.confirm()` is called in it. As `reserve`."""
        return Hold(self, lines, retry, options)

    async def reservation(self, reservation_id: str, *, retry: Retry | None = None) -> Reservation:
        """As it is now, also long after it ended. Raises NotFound."""
        return await self._ask(_reservation_path(reservation_id), Reservation, retry)

    def reservations(
        self,
        *,
        sku: str | None = None,
        warehouse: str | None = None,
        status: str | None = None,
        order_ref: str | None = None,
        customer_id: str | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[Reservation]:
        """Who holds what: `async for reservation in client.reservations(status="held")`."""
        wanted = {"sku": sku, "warehouse": warehouse, "status": status}
        whose = {"order_ref": order_ref, "customer_id": customer_id}
        return self._list("/v1/reservations", Reservation, page_size, cursor, retry, **wanted, **whose)

    async def batch(self, operations: Iterable[Operation], *, retry: Retry | None = None) -> list[BatchResult]:
        """Up to 1,000 operations of any kind, in order, each judged on its own; results in the same order.

        What is refused is data (`problem`), not an exception. An operation whose problem is `retryable` may be sent
        again as it is: the same object has the same id.
        """
        sent = list(operations)
        body = {"operations": [operation_body(operation) for operation in sent]}
        results = await self._send("/v1/batch", _OperationResult, body, tuple(map(_id_of, sent)), retry)
        return [_batch_result(result) for result in results]

    # Which warehouses

    async def allocation(self, reservation_id: str, *, retry: Retry | None = None) -> AllocationExplained:
        """Why these warehouses, and why not each other one. Raises NotFound."""
        return await self._ask(_reservation_path(reservation_id, "/allocation"), AllocationExplained, retry)

    async def preview_allocation(
        self,
        lines: Lines,
        *,
        ship_to: ShipTo | None = None,
        allocation: AllocationRule | None = None,
        channel: str | None = None,
        allow_partial: bool = False,
        retry: Retry | None = None,
    ) -> Preview:
        """What `reserve` would hold now, and from where, without holding it. Short stock is an answer (`outcome`).

        Raises UnknownSku, UnknownWarehouse.
        """
        given = {"ship_to": ship_to, "allocation": allocation, "channel": channel, "allow_partial": allow_partial}
        body = {"lines": lines_body(lines)} | {name: value for name, value in given.items() if value is not None}
        return await self._ask_with("/v1/allocations/preview", Preview, body, retry)

    async def reallocate(
        self,
        reservation_id: str,
        *,
        excluded: Iterable[str] = (),
        warehouses: Iterable[str] = (),
        idempotency_key: str | None = None,
        retry: Retry | None = None,
    ) -> Reservation:
        """Move what is open to other warehouses: away from `excluded`, to none but `warehouses`, or not at all.

        With neither: away from warehouses that would not be used any more. Raises InsufficientStock, NotFound,
        UnknownWarehouse, ReservationShipped, ReservationReleased, ReservationExpired.
        """
        body = {"excluded": list(excluded), "warehouses": list(warehouses)}
        key = idempotency_key or new_id("op")
        return await self._act(reservation_id, _reservation_path(reservation_id, "/reallocate"), body, key, key, retry)

    # Outbound scans and what people work on

    async def scan(self, scans: Iterable[Scan], *, retry: Retry | None = None) -> list[ScanResult]:
        """Parcels left: up to 1,000 outbound scans; results in the same order.

        Signed with the webhook secret where the client has one. The same object, sent again, is a `duplicate`.
        """
        sent = list(scans)
        ids = tuple(scan.scan_id for scan in sent)
        return await self._send("/v1/wms/outbound-scans", ScanResult, {"scans": sent}, ids, retry, new_id("msg"))

    async def report_short_picks(
        self, short_picks: Iterable[ShortPick], *, retry: Retry | None = None
    ) -> list[ShortPickResult]:
        """Pickers found fewer than was promised: up to 1,000; results in the same order.

        The units come from elsewhere, or stay promised (`not_moved`). Signed and repeated as `scan`.
        """
        sent = list(short_picks)
        ids = tuple(short_pick.short_pick_id for short_pick in sent)
        body = {"short_picks": sent}
        return await self._send("/v1/wms/short-picks", ShortPickResult, body, ids, retry, new_id("msg"))

    def exceptions(
        self,
        *,
        state: Literal["open", "resolved"] | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[ScanException]:
        """Scans that wait, or waited, for a person; newest first."""
        return self._list("/v1/wms/exceptions", ScanException, page_size, cursor, retry, state=state)

    async def resolve_exception(
        self,
        exception_id: str,
        action: Literal["apply", "reverse", "dismiss"],
        note: str,
        *,
        reservation_id: str | None = None,
        retry: Retry | None = None,
    ) -> ScanException:
        """Close one, once. `reservation_id` says what a parked scan belongs to.

        Raises InvalidRequest with `pointer` "/action" for one that is closed already, as a repeat after a lost
        answer finds it: the detail tells how. Raises NotFound.
        """
        body = {"action": action, "note": note} | ({"reservation_id": reservation_id} if reservation_id else {})
        path = f"/v1/wms/exceptions/{part(exception_id)}/resolve"
        return await self._change("POST", path, ScanException, body, exception_id, retry)

    def alerts(
        self,
        *,
        state: Literal["open", "acknowledged", "closed"] | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        retry: Retry | None = None,
    ) -> Listing[Alert]:
        """Alarms, newest first."""
        return self._list("/v1/alerts", Alert, page_size, cursor, retry, state=state)

    async def acknowledge_alert(self, alert_id: str, *, retry: Retry | None = None) -> Alert:
        """Somebody has seen it. Raises NotFound."""
        return await self._change("POST", f"/v1/alerts/{part(alert_id)}/acknowledge", Alert, {}, alert_id, retry)

    async def ready(self) -> Readiness:
        """Whether a reservation would succeed now, asked once. Raises Unreachable."""
        try:
            answer = await self._ask("/readyz", dict, ONCE)
        except NotReady as error:
            return Readiness(ready=False, reasons=error.problem.reasons)
        return Readiness(ready=True, warnings=tuple(answer.get("warnings", ())))


def _reservation_path(reservation_id: str, verb: str = "") -> str:
    return f"/v1/reservations/{part(reservation_id)}{verb}"


def _id_of(operation: Operation) -> str:
    return operation.release_id if isinstance(operation, Release) else operation.reservation_id


def _batch_result(result: _OperationResult) -> BatchResult:
    try:
        if result.status >= 400:
            return BatchResult(status=result.status, problem=msgspec.json.decode(result.body, type=Problem))
        reservation = msgspec.json.decode(result.body, type=Reservation)
    except msgspec.DecodeError as error:
        problem = Problem(code="unexpected_answer", status=result.status, detail=str(error))
        return BatchResult(status=result.status, problem=problem)
    reservation = msgspec.structs.replace(reservation, replayed=result.idempotent_replayed)
    return BatchResult(status=result.status, reservation=reservation)
