"""Orders of channels: look, map SKU codes, see to what could not be taken in, forget a customer."""

from inventory_service.usecases.orders.ports import OrderFilter
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.cases import EmptyBody
from inventory_service.web.schemas.lists import NoQuery, PageBody
from inventory_service.web.schemas.orders import (
    EraseBody,
    ErasedBody,
    FailureQuery,
    OrderQuery,
    RetriedBody,
    SkuCodeBody,
    SkuCodeQuery,
    failure_body,
    history_body,
    order_view,
    order_with_history,
    sku_code_of,
    sku_code_view,
)


async def list_orders(call: Call[None, OrderQuery]) -> Answer:
    query = call.query
    wanted = OrderFilter(
        channel=query.channel or "",
        shop=query.shop or "",
        payment=query.payment or "",
        fulfilment=query.fulfilment or "",
        channel_order_id=query.channel_order_id or "",
        case=query.case or "",
        sku=query.sku or "",
    )
    page = await call.services.orders.read.list(wanted, query.limit, query.position, call.client)
    return json_answer(PageBody([order_view(stored) for stored in page.data], page.next_cursor or None))


async def read_order(call: Call[None, NoQuery]) -> Answer:
    found = await call.services.orders.read.one(call.path["order_no"], call.client)
    return json_answer(order_with_history(found.stored, [history_body(entry) for entry in found.history]))


async def list_order_failures(call: Call[None, FailureQuery]) -> Answer:
    query = call.query
    page = await call.services.orders.retry.list(query.state or "", query.limit, query.position)
    return json_answer(PageBody([failure_body(each) for each in page.data], page.next_cursor or None))


async def retry_order_failure(call: Call[EmptyBody, NoQuery]) -> Answer:
    arrival = await call.services.orders.retry.failure(call.path["failure_id"])
    return json_answer(RetriedBody(result=arrival.took, order_no=arrival.order_no or None))


async def list_sku_codes(call: Call[None, SkuCodeQuery]) -> Answer:
    query = call.query
    whose = (query.channel or "", query.shop or "")
    page = await call.services.orders.skus.list(*whose, query.state == "unmapped", query.limit, query.position)
    return json_answer(PageBody([sku_code_view(code) for code in page.data], page.next_cursor or None))


async def put_sku_code(call: Call[SkuCodeBody, NoQuery]) -> Answer:
    return json_answer(sku_code_view(await call.services.orders.skus.put(sku_code_of(call.body), call.client.name)))


async def erase_customer(call: Call[EraseBody, NoQuery]) -> Answer:
    erased = await call.services.orders.erase(call.body.channel, call.body.buyer_reference, call.client.name)
    return json_answer(ErasedBody(orders=erased.orders, failures=erased.failures))
