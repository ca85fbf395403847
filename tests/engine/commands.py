"""Commands as the use cases make them, with the parts that a test does not care about filled in."""

from collections.abc import Sequence
from itertools import count

from inventory_service.domain.commands import (
    NO_ROUTE,
    Confirm,
    LineRequest,
    Movement,
    Release,
    Reserve,
    Route,
)
from inventory_service.domain.ids import digest, fingerprint

CLIENT = "shop"
ROUTE = Route(("SHA", "PEK"), (), False, 0)
_numbers = count()


def op_id() -> str:
    return f"op-{next(_numbers)}"


def reserve(
    reservation_id: str,
    quantity: int = 1,
    sku: str = "TEE",
    ttl_ms: int = 900_000,
    lines: Sequence[tuple[str, int]] = (),
    attributes: str = "{}",
) -> Reserve:
    wanted = [LineRequest(*line) for line in lines] or [LineRequest(sku, quantity)]
    return Reserve(
        reservation_id=reservation_id,
        digest=digest("reservation", reservation_id),
        fingerprint=fingerprint({"lines": wanted}),
        client=CLIENT,
        op_id=op_id(),
        ttl_ms=ttl_ms,
        lines=wanted,
        allow_partial=False,
        attributes=attributes,
        limits=[],
        channel="",
        route=ROUTE,
    )


def confirm(reservation_id: str) -> Confirm:
    return Confirm(reservation_id, CLIENT, op_id(), reacquire=False, carried=[], channel="", route=NO_ROUTE)


def release(reservation_id: str, lines: Sequence[tuple[str, int]] = (), release_id: str = "") -> Release:
    part = [LineRequest(*line) for line in lines]
    named = digest("release", CLIENT, release_id) if release_id else ""
    return Release(reservation_id, CLIENT, op_id(), part, named, fingerprint({"lines": part}), [])


def receive(quantity: int, sku: str = "TEE", warehouse: str = "SHA", kind: str = "receive") -> Movement:
    movement_id = op_id()
    return Movement(
        movement_id=movement_id,
        digest=digest("movement", CLIENT, movement_id),
        fingerprint=fingerprint({"quantity": quantity}),
        client=CLIENT,
        type=kind,
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        expected_on_hand=[],
        force=False,
        reason="",
        reference="",
    )
