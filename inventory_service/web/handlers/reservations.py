"""Reserve, confirm, release, extend, read."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from inventory_service.domain import ids
from inventory_service.domain.clients import Client
from inventory_service.domain.errors import Refused
from inventory_service.domain.outcomes import Code
from inventory_service.domain.strategies import DEFAULT
from inventory_service.telemetry import context
from inventory_service.usecases.ports import ReservationFilter
from inventory_service.usecases.requests import (
    AllocationWish,
    Destination,
    LineRequest,
    ReservationResult,
    ReserveRequest,
)
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.incoming import idempotency_key_of
from inventory_service.web.schemas.lists import NoQuery, PageBody
from inventory_service.web.schemas.reservations import (
    AllocationBody,
    ConfirmBody,
    ExtendBody,
    LineBody,
    ReleaseBody,
    ReservationQuery,
    ReserveBody,
    ShipTo,
    reservation_view,
)
from inventory_service.web.services import Services

T = TypeVar("T")

METADATA_BYTES_MAX = 2048
REPLAYED = {"Idempotent-Replayed": "true"}


async def reserve(call: Call[ReserveBody, NoQuery]) -> Answer:
    reservation_id = reservation_id_of(call.client, call.body, idempotency_key_of(call.headers))
    context.about(reservation_id)
    return held_answer(await reserving(call.services, call.client, reservation_id, call.body))


async def confirm(call: Call[ConfirmBody, NoQuery]) -> Answer:
    key = idempotency_key_of(call.headers)
    return acted_answer(await confirming(call.services, call.client, call.path["reservation_id"], call.body, key))


async def release(call: Call[ReleaseBody, NoQuery]) -> Answer:
    key = idempotency_key_of(call.headers)
    return acted_answer(await releasing(call.services, call.client, call.path["reservation_id"], call.body, key))


async def extend(call: Call[ExtendBody, NoQuery]) -> Answer:
    key = idempotency_key_of(call.headers)
    return acted_answer(await extending(call.services, call.client, call.path["reservation_id"], call.body, key))


async def read_reservation(call: Call[None, NoQuery]) -> Answer:
    found = await call.services.reservations.one(call.path["reservation_id"])
    return json_answer(reservation_view(found.reservation_id, found.reservation))


async def list_reservations(call: Call[None, ReservationQuery]) -> Answer:
    query = call.query
    wanted = ReservationFilter(
        sku=query.sku or "",
        warehouse=query.warehouse or "",
        status=query.status or "",
        order_ref=query.order_ref or "",
        customer_id=query.customer_id or "",
    )
    page = await call.services.reservations.list(wanted, query.limit, query.position)
    data = [reservation_view(stored.reservation_id, stored.record) for stored in page.data]
    return json_answer(PageBody(data, page.next_cursor or None))


def held_answer(result: ReservationResult) -> Answer:
    """201 for a new reservation, 200 for a repeat."""
    view = reservation_view(result.reservation_id, result.reservation, durability=result.durability)
    if result.code == Code.HELD:
        return json_answer(view, status=201)
    return json_answer(view, headers=REPLAYED)


def acted_answer(result: ReservationResult) -> Answer:
    """200, saying what the call did."""
    view = reservation_view(result.reservation_id, result.reservation, result.code, result.durability)
    return json_answer(view, headers=REPLAYED if result.code == Code.REPLAYED else None)


def reservation_id_of(client: Client, body: ReserveBody, key: str = "") -> str:
    """The id that the caller chose, or that their key makes. Raises Refused (`idempotency_key_required`)."""
    reservation_id = body.reservation_id or (key and ids.reservation_id_from_key(client.name, key))
    if not reservation_id:
        raise Refused("idempotency_key_required", "")
    return reservation_id


def reserving(
    services: Services, client: Client, reservation_id: str, body: ReserveBody
) -> Awaitable[ReservationResult]:
    """Queue a reservation. Raises Refused for what can be told at once."""
    metadata = given(body.metadata, {})
    if len(msgspec.json.encode(metadata)) > METADATA_BYTES_MAX:
        raise Refused("validation_failed", f"Expected at most {METADATA_BYTES_MAX} bytes as JSON.", "/metadata")
    return services.reserve(
        ReserveRequest(
            reservation_id=reservation_id,
            client=client.name,
            lines=line_requests(body.lines),
            ttl_seconds=given(body.ttl_seconds, 900),
            channel=given(body.channel, ""),
            order_ref=given(body.order_ref, ""),
            customer_id=given(body.customer_id, ""),
            ship_to=destination_of(body.ship_to),
            allocation=allocation_wish(body.allocation),
            allow_partial=given(body.allow_partial, False),
            metadata=metadata,
            content=msgspec.to_builtins(body),
        )
    )


def confirming(
    services: Services, client: Client, reservation_id: str, body: ConfirmBody, key: str
) -> Awaitable[ReservationResult]:
    """Queue a confirmation."""
    op_id = operation_id(client, "confirm", key, str(body.reacquire))
    return services.confirm(reservation_id, client.name, body.reacquire, op_id)


def releasing(
    services: Services, client: Client, reservation_id: str, body: ReleaseBody, key: str
) -> Awaitable[ReservationResult]:
    """Queue a release. The `Idempotency-Key` stands in for a `release_id` that is not in the body."""
    lines = line_requests(given(body.lines, []))
    release_id = given(body.release_id, key)
    return services.release(
        reservation_id, client.name, lines, release_id, operation_id(client, "release", key, repr(lines), release_id)
    )


def extending(
    services: Services, client: Client, reservation_id: str, body: ExtendBody, key: str
) -> Awaitable[ReservationResult]:
    """Queue an extension."""
    op_id = operation_id(client, "extend", key, str(body.ttl_seconds), str(body.reacquire))
    return services.extend(reservation_id, client.name, body.ttl_seconds, body.reacquire, op_id)


def given(value: T | UnsetType, default: T) -> T:
    """What was sent, else the default."""
    return default if value is UNSET else value


def operation_id(client: Client, verb: str, key: str, *content: str) -> str:
    """The operation that a key names: the same key for another thing is another operation."""
    return ids.digest("operation", client.name, verb, key, *content) if key else ids.operation_id()


def line_requests(lines: Sequence[LineBody]) -> list[LineRequest]:
    """Lines as sent."""
    return [LineRequest(line.sku, line.quantity) for line in lines]


def destination_of(ship_to: ShipTo | UnsetType) -> Destination | None:
    """Where the order goes, as sent."""
    if ship_to is UNSET:
        return None
    return Destination(
        country=given(ship_to.country, ""),
        region=given(ship_to.region, ""),
        province=given(ship_to.province, ""),
        city=given(ship_to.city, ""),
        lat=None if ship_to.lat is UNSET else ship_to.lat,
        lon=None if ship_to.lon is UNSET else ship_to.lon,
        address=given(ship_to.address, ""),
        postcode=given(ship_to.postcode, ""),
        datum=given(ship_to.datum, ""),
    )


def allocation_wish(wish: AllocationBody | UnsetType) -> AllocationWish:
    """Which warehouses may ship it, as sent."""
    if wish is UNSET:
        return AllocationWish()
    return AllocationWish(
        strategy=given(wish.strategy, DEFAULT),
        warehouses=tuple(given(wish.warehouses, [])),
        max_splits=given(wish.max_splits, 0),
        excluded=tuple(given(wish.excluded, [])),
    )
