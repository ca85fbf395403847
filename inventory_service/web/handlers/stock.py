"""Stock: levels, history, policy."""

from inventory_service.usecases.ports import StockEvent, StockFilter
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.reservations import given
from inventory_service.web.schemas.fields import moment
from inventory_service.web.schemas.lists import NoQuery, PageBody
from inventory_service.web.schemas.stock import EventBody, EventQuery, PolicyBody, StockQuery, stock_body


async def read_stock(call: Call[None, NoQuery]) -> Answer:
    return json_answer(stock_body(await call.services.stock.one(call.path["sku"])))


async def list_stock(call: Call[None, StockQuery]) -> Answer:
    query = call.query
    wanted = StockFilter(tuple(query.sku), query.warehouse or "", query.available_below)
    page = await call.services.stock.list(wanted, query.limit, query.position)
    return json_answer(PageBody([stock_body(view) for view in page.data], page.next_cursor or None))


async def list_stock_events(call: Call[None, EventQuery]) -> Answer:
    query = call.query
    page = await call.services.stock.events(call.path["sku"], query.warehouse or "", query.limit, query.position)
    return json_answer(PageBody([_event(event) for event in page.data], page.next_cursor or None))


async def set_policy(call: Call[PolicyBody, NoQuery]) -> Answer:
    body = call.body
    view = await call.services.policy(
        call.client.name,
        call.path["sku"],
        given(body.warehouse, ""),
        given(body.safety_stock, None),
        given(body.warn_below, None),
    )
    return json_answer(stock_body(view))


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
