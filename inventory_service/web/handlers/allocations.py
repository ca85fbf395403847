"""Explain, preview and move allocations; short picks."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from inventory_service.domain.durability import Durability
from inventory_service.domain.errors import Refused
from inventory_service.domain.outcomes import Shortage, ShortageReason
from inventory_service.usecases.explain_allocation import Choice, PreviewRequest
from inventory_service.usecases.reallocate import Unmoved
from inventory_service.usecases.short_picks import MalformedShortPick, ShortPickRequest, ShortPickResult
from inventory_service.web import body
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.reservations import (
    acted_answer,
    allocation_wish,
    destination_of,
    given,
    line_requests,
    operation_id,
)
from inventory_service.web.incoming import idempotency_key_of
from inventory_service.web.schemas.allocations import (
    AllocationExplained,
    ChoiceBody,
    ExcludedBody,
    MovedAwayBody,
    PreviewBody,
    PreviewedLine,
    PreviewedPart,
    PreviewView,
    ReallocateBody,
    ShortPickBody,
    ShortPickResultBody,
    ShortPickResults,
    ShortPicksBody,
    UnitsBody,
    UnmovedBody,
)
from inventory_service.web.schemas.fields import moment
from inventory_service.web.schemas.lists import NoQuery, PageQuery
from inventory_service.web.schemas.problems import ShortageBody

_short_pick = msgspec.json.Decoder(ShortPickBody)


async def read_allocation(call: Call[None, NoQuery]) -> Answer:
    reservation_id = call.path["reservation_id"]
    explained = await call.services.allocations.of(reservation_id)
    why = explained.explanation
    return json_answer(
        AllocationExplained(
            reservation_id=reservation_id,
            decided_at=moment(explained.decided_ms),
            decided_by=explained.decided_by,  # type: ignore[arg-type]
            strategy=why.strategy or None,
            place=dict(why.place) if why.place else None,
            warehouses=[_choice(choice) for choice in why.choices],
            excluded=[ExcludedBody(*each) for each in why.excluded],
        )
    )


async def preview_allocation(call: Call[PreviewBody, NoQuery]) -> Answer:
    sent = call.body
    previewed = await call.services.allocations.preview(
        PreviewRequest(
            lines=line_requests(sent.lines),
            ship_to=destination_of(sent.ship_to),
            allocation=allocation_wish(sent.allocation),
            channel=given(sent.channel, ""),
            allow_partial=given(sent.allow_partial, False),
        )
    )
    why = previewed.explanation
    lines = [
        PreviewedLine(line.sku, line.quantity, [PreviewedPart(part.warehouse, part.quantity) for part in parts])
        for line, parts in zip(previewed.lines, previewed.allocations, strict=True)
    ]
    return json_answer(
        PreviewView(
            outcome="available" if previewed.held else "insufficient_stock",
            lines=lines,
            shortages=_shortages(previewed.shortages),
            strategy=why.strategy or None,
            place=dict(why.place) if why.place else None,
            warehouses=[_choice(choice) for choice in why.choices],
            excluded=[ExcludedBody(*each) for each in why.excluded],
        )
    )


async def reallocate(call: Call[ReallocateBody, NoQuery]) -> Answer:
    sent, key = call.body, idempotency_key_of(call.headers)
    op_id = operation_id(call.client, "reallocate", key, repr((sent.excluded, sent.warehouses)))
    reservation_id = call.path["reservation_id"]
    return acted_answer(
        await call.services.reallocate.one(reservation_id, call.client.name, sent.excluded, sent.warehouses, op_id)
    )


async def reallocate_warehouse(call: Call[None, PageQuery]) -> Answer:
    query = call.query
    page = await call.services.reallocate.all_of(call.path["code"], call.client.name, query.limit, query.position)
    unmoved = [_unmoved(each) for each in page.unmoved]
    return json_answer(MovedAwayBody(moved=list(page.moved), unmoved=unmoved, next_cursor=page.next_cursor or None))


async def accept_short_picks(call: Call[ShortPicksBody[msgspec.Raw], NoQuery]) -> Answer:
    picks = [_read(raw) for raw in call.body.short_picks]
    results = await call.services.short_picks(call.client.name, picks)
    return json_answer(ShortPickResults([_result(index, result) for index, result in enumerate(results)]))


def _read(raw: msgspec.Raw) -> ShortPickRequest | MalformedShortPick:
    try:
        sent = body.decode(_short_pick, raw)
    except Refused as error:
        if error.code == "malformed_json":
            raise
        return MalformedShortPick(body.id_in(raw, "short_pick_id"), error.pointer)
    if sent.reservation_id is UNSET and sent.order_ref is UNSET:
        return MalformedShortPick(sent.short_pick_id, "/reservation_id")
    return ShortPickRequest(
        short_pick_id=sent.short_pick_id,
        reservation_id=given(sent.reservation_id, ""),
        order_ref=given(sent.order_ref, ""),
        warehouse=sent.warehouse,
        sku=sent.sku,
        quantity=sent.quantity,
        content=msgspec.to_builtins(sent),
    )


def _result(index: int, result: ShortPickResult) -> ShortPickResultBody:
    return ShortPickResultBody(
        short_pick_id=result.short_pick_id or None,
        result=result.result,  # type: ignore[arg-type]
        code=result.code or UNSET,
        pointer=f"/short_picks/{index}{result.pointer}" if result.result == "rejected" else UNSET,
        shortages=_shortages(result.shortages) if result.result == "not_moved" else UNSET,
        durability=Durability(result.durability) if result.durability else UNSET,
    )


def _unmoved(each: Unmoved) -> UnmovedBody:
    return UnmovedBody(
        reservation_id=each.reservation_id, code=each.code, shortages=_shortages(each.shortages) or UNSET
    )


def _choice(choice: Choice) -> ChoiceBody:
    return ChoiceBody(
        warehouse=choice.warehouse,
        rank=choice.rank,
        reason=choice.reason,  # type: ignore[arg-type]
        km=choice.km,
        amount=UNSET if choice.amount is None else choice.amount,
        store=choice.store,
        lines=[UnitsBody(sku, quantity) for sku, quantity in choice.units.items()],
    )


def _shortages(shortages: Sequence[Shortage]) -> list[ShortageBody]:
    return [ShortageBody(*each[:3], ShortageReason(each.reason)) for each in shortages]
