"""What a person does by hand: the same calls as over HTTP, checked by the same rules, in the name of `cli`.

Each raises SettingsError, EmbeddedError, and what its use case raises.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

from inventory_service.bootstrap.opened import opened_service
from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.errors import Refused
from inventory_service.settings import Settings
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.requests import ReservationResult, ScanResult
from inventory_service.web import body as bodies
from inventory_service.web.handlers.reservations import confirming, extending, releasing, reservation_id_of, reserving
from inventory_service.web.handlers.scans import scan_request
from inventory_service.web.schemas.reservations import (
    ConfirmBody,
    ExtendBody,
    ReleaseBody,
    ReservationView,
    ReserveBody,
    reservation_view,
)
from inventory_service.web.schemas.scans import ScanBody
from inventory_service.web.services import Services

T = TypeVar("T")
Fields = Mapping[str, object]

BY_HAND = Client("cli", frozenset(Scope))


async def reserve(settings: Settings, fields: Fields) -> ReservationView:
    """Hold stock; `fields` as the API takes them."""
    body = checked(ReserveBody, fields)
    reservation_id = reservation_id_of(BY_HAND, body)
    return await _done(settings, lambda services: reserving(services, BY_HAND, reservation_id, body))


async def confirm(settings: Settings, reservation_id: str, fields: Fields) -> ReservationView:
    body = checked(ConfirmBody, fields)
    return await _done(settings, lambda services: confirming(services, BY_HAND, reservation_id, body, ""))


async def release(settings: Settings, reservation_id: str, fields: Fields) -> ReservationView:
    body = checked(ReleaseBody, fields)
    return await _done(settings, lambda services: releasing(services, BY_HAND, reservation_id, body, ""))


async def extend(settings: Settings, reservation_id: str, fields: Fields) -> ReservationView:
    body = checked(ExtendBody, fields)
    return await _done(settings, lambda services: extending(services, BY_HAND, reservation_id, body, ""))


async def scan(settings: Settings, reservation_or_order: str, fields: Fields) -> ScanResult:
    """An outbound scan, tied to the reservation of that id, or else to the order of that reference."""
    as_order = checked(ScanBody, {**fields, "order_ref": reservation_or_order})
    async with opened_service(settings) as process:
        tied = as_order
        if await _exists(process.services.reservations, reservation_or_order):
            tied = checked(ScanBody, {**fields, "reservation_id": reservation_or_order})
        sent = scan_request(tied, msgspec.json.encode(tied).decode())
        [result] = await process.services.scans(BY_HAND.name, [sent])
    return result


async def _done(settings: Settings, act: Callable[[Services], Awaitable[ReservationResult]]) -> ReservationView:
    async with opened_service(settings) as process:
        result = await act(process.services)
    return reservation_view(result.reservation_id, result.reservation, outcome=result.code)


async def _exists(reservations: ReadReservations, reservation_id: str) -> bool:
    try:
        await reservations.one(reservation_id)
    except Refused:
        return False
    return True


def checked(kind: type[T], fields: Fields) -> T:
    """Raises Refused where the API would."""
    text = bodies.scrub(msgspec.json.encode({name: value for name, value in fields.items() if value is not None}))
    return bodies.decode(msgspec.json.Decoder(kind), text)
