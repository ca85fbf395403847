"""Stock: levels, history, policy."""

import msgspec
from msgspec import UNSET

from inventory_service.domain.errors import Refused
from inventory_service.domain.stock import UNSET as NEVER_AHEAD
from inventory_service.usecases.ports import StockEvent, StockFilter
from inventory_service.usecases.set_policy import PolicyWish
from inventory_service.web import body
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.reservations import given
from inventory_service.web.schemas.fields import moment
from inventory_service.web.schemas.lists import NoQuery, PageBody
from inventory_service.web.schemas.policy import ChannelBody, PolicyBody, policy_view, threshold
from inventory_service.web.schemas.stock import EventBody, EventQuery, OneStockQuery, StockQuery, stock_body

_channel_body = msgspec.json.Decoder(ChannelBody)


async def read_stock(call: Call[None, OneStockQuery]) -> Answer:
    return json_answer(stock_body(await call.services.stock.one(call.path["sku"], call.query.channel or "")))


async def list_stock(call: Call[None, StockQuery]) -> Answer:
    query = call.query
    wanted = StockFilter(tuple(query.sku), query.warehouse or "", query.available_below)
    page = await call.services.stock.list(wanted, query.limit, query.position)
    return json_answer(PageBody([stock_body(view) for view in page.data], page.next_cursor or None))


async def list_stock_events(call: Call[None, EventQuery]) -> Answer:
    query = call.query
    page = await call.services.stock.events(call.path["sku"], query.warehouse or "", query.limit, query.position)
    return json_answer(PageBody([_event(event) for event in page.data], page.next_cursor or None))


async def read_policy(call: Call[None, NoQuery]) -> Answer:
    sku = call.path["sku"]
    return json_answer(policy_view(sku, await call.services.stock.record(sku)))


async def set_policy(call: Call[PolicyBody[msgspec.Raw], NoQuery]) -> Answer:
    view = await call.services.policy(call.client.name, call.path["sku"], _wish(call.body))
    return json_answer(stock_body(view))


def _wish(policy: PolicyBody[msgspec.Raw]) -> PolicyWish:
    total = threshold("", policy, policy.total_safety_stock, policy.total_warn_below)
    thresholds = [total] if total != threshold("", ChannelBody(), UNSET, UNSET) else []
    for channel, raw in given(policy.channels, {}).items():
        own = _channel(channel, raw)
        thresholds.append(threshold(channel, own, own.safety_stock, own.warn_below))
    sold_ahead = given(policy.preorder_limit, None)
    return PolicyWish(
        warehouse=given(policy.warehouse, ""),
        safety_stock=given(policy.safety_stock, None),
        warn_below=given(policy.warn_below, None),
        preorder_limit=NEVER_AHEAD if policy.preorder_limit is None else sold_ahead,
        thresholds=thresholds,
    )


def _channel(channel: str, raw: msgspec.Raw) -> ChannelBody:
    """Raises Refused with the pointer of the value within this channel, which msgspec does not tell of a dictionary."""
    try:
        return body.decode(_channel_body, raw)
    except Refused as error:
        raise Refused(error.code, error.detail, body.pointer_of(["channels", channel]) + error.pointer) from None


def _event(event: StockEvent) -> EventBody:
    return EventBody(
        event_id=event.event_id,
        type=event.type,
        sku=event.sku,
        warehouse=event.warehouse,
        quantity=event.quantity,
        before=dict(event.before),
        after=dict(event.after),
        reason=event.reason or None,
        reference=event.reference or None,
        reservation_id=event.reservation_id or None,
        client=event.client or None,
        time=moment(event.at_ms),
    )
