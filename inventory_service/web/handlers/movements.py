"""Stock movements, each judged on its own."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from inventory_service.domain.durability import Durability
from inventory_service.domain.errors import Refused
from inventory_service.domain.movements import ABOUT_ARRIVALS, MovementType, quantity_allowed
from inventory_service.usecases.requests import MovementRequest, MovementResult
from inventory_service.web import body
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.reservations import given
from inventory_service.web.schemas.fields import milliseconds_of
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.stock import (
    MovementBody,
    MovementResultBody,
    MovementResults,
    MovementsBody,
    stock_body,
)

_movement = msgspec.json.Decoder(MovementBody)

Read = MovementRequest | MovementResult


async def move_stock(call: Call[MovementsBody[msgspec.Raw], NoQuery]) -> Answer:
    read = [_read(raw) for raw in call.body.movements]
    requests = [movement for movement in read if isinstance(movement, MovementRequest)]
    judged = iter(await call.services.movements(call.client.name, requests) if requests else [])
    results = [movement if isinstance(movement, MovementResult) else next(judged) for movement in read]
    return json_answer(MovementResults([_result(index, result) for index, result in enumerate(results)]))


def _read(raw: msgspec.Raw) -> Read:
    """The movement, or its rejection where it is malformed."""
    try:
        return _request(body.decode(_movement, raw))
    except Refused as error:
        return MovementResult(body.id_in(raw, "movement_id"), "rejected", error.code, error.pointer)


def _request(movement: MovementBody) -> MovementRequest:
    if not quantity_allowed(movement.type, movement.quantity):
        raise Refused("validation_failed", "This quantity makes no sense for this type.", "/quantity")
    if movement.expected_on_hand is not UNSET and movement.type is not MovementType.COUNT:
        raise Refused("validation_failed", "Only a count has an expectation.", "/expected_on_hand")
    if movement.expected_at is not UNSET and movement.type not in ABOUT_ARRIVALS:
        raise Refused("validation_failed", "Only what is on its way has a date.", "/expected_at")
    return MovementRequest(
        movement_id=movement.movement_id,
        type=movement.type,
        sku=movement.sku,
        warehouse=movement.warehouse,
        quantity=movement.quantity,
        expected_on_hand=given(movement.expected_on_hand, None),
        force=given(movement.force, False),
        reason=given(movement.reason, ""),
        reference=given(movement.reference, ""),
        expected_ms=expected_ms_of(movement.expected_at),
        content=msgspec.to_builtins(movement),
    )


def expected_ms_of(expected_at: datetime | UnsetType) -> int:
    """0: not said. Raises Refused (`validation_failed`)."""
    if expected_at is UNSET:
        return 0
    expected_ms = milliseconds_of(expected_at)
    if expected_ms <= 0:
        raise Refused("validation_failed", "Expected a time since 1970.", "/expected_at")
    return expected_ms


def _result(index: int, result: MovementResult) -> MovementResultBody:
    return MovementResultBody(
        movement_id=result.movement_id or None,
        result=result.result,
        code=result.code or UNSET,
        pointer=f"/movements/{index}{result.pointer}" if result.result == "rejected" else UNSET,
        stock=UNSET if result.stock is None else stock_body(result.stock),
        durability=Durability(result.durability) if result.durability else UNSET,
    )
