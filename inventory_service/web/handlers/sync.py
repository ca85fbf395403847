"""Messages of platforms, backfills, checks, and where each shop stands."""

from collections.abc import Sequence

from inventory_service.domain.errors import Refused
from inventory_service.usecases.sync.ports import Item, RunKind
from inventory_service.usecases.sync.runs import Report
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.cases import EmptyBody
from inventory_service.web.schemas.fields import milliseconds_of
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.sync import (
    ItemBody,
    ItemsBody,
    RangeBody,
    RepairedView,
    StandingsView,
    backfill_view,
    check_view,
    items_view,
    standing_view,
)


async def take_push(call: Call[bytes, NoQuery]) -> Answer:
    reply = await call.services.push(call.path["shop"], call.headers, call.body)
    return Answer(reply.status, reply.body)


async def ask_backfill(call: Call[RangeBody, NoQuery]) -> Answer:
    return json_answer(backfill_view(await _asked(call, RunKind.BACKFILL)))


async def read_backfill(call: Call[None, NoQuery]) -> Answer:
    report = await call.services.runs.report(call.path["shop"], RunKind.BACKFILL, call.path["backfill_id"])
    return json_answer(backfill_view(report))


async def ask_check(call: Call[RangeBody, NoQuery]) -> Answer:
    return json_answer(check_view(await _asked(call, RunKind.CHECK)))


async def read_check(call: Call[None, NoQuery]) -> Answer:
    report = await call.services.runs.report(call.path["shop"], RunKind.CHECK, call.path["check_id"])
    return json_answer(check_view(report))


async def repair_check(call: Call[EmptyBody, NoQuery]) -> Answer:
    orders = await call.services.runs.repair(call.path["shop"], call.path["check_id"])
    return json_answer(RepairedView(check_id=call.path["check_id"], orders=orders))


async def read_channels_status(call: Call[None, NoQuery]) -> Answer:
    return json_answer(StandingsView(shops=[standing_view(each) for each in await call.services.sync.all()]))


async def put_items(call: Call[ItemsBody, NoQuery]) -> Answer:
    items = [_item(index, body) for index, body in enumerate(call.body.items)]
    _check_once(items)
    await call.services.items.put(call.path["shop"], items)
    return json_answer(items_view(await call.services.items.list(call.path["shop"])))


async def list_items(call: Call[None, NoQuery]) -> Answer:
    return json_answer(items_view(await call.services.items.list(call.path["shop"])))


async def _asked(call: Call[RangeBody, NoQuery], kind: RunKind) -> Report:
    """How it stands, right away."""
    shop, runs = call.path["shop"], call.services.runs
    from_ms, to_ms = milliseconds_of(call.body.from_), milliseconds_of(call.body.to)
    run = await runs.ask(shop, kind, from_ms, to_ms, call.client.name)
    return await runs.report(shop, kind, run.run_id)


def _item(index: int, body: ItemBody) -> Item:
    """Raises Refused (`validation_failed`)."""
    parts = {part.sku: part.quantity for part in body.parts}
    if len(parts) < len(body.parts):
        raise Refused("validation_failed", "One of the SKUs is named twice.", f"/items/{index}/parts")
    return Item(body.product_id, body.sku_id, parts)


def _check_once(items: Sequence[Item]) -> None:
    """Raises Refused (`validation_failed`)."""
    named: set[tuple[str, str]] = set()
    for index, item in enumerate(items):
        if (item.product_id, item.sku_id) in named:
            raise Refused("validation_failed", "This article is named twice.", f"/items/{index}")
        named.add((item.product_id, item.sku_id))
