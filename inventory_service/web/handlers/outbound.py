"""The feed of warehouses: read it, answer it."""

import time

from inventory_service.telemetry import outbound
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.outbound import (
    FeedQuery,
    OutboundAnswerBody,
    answer_of,
    answered_body,
    entry_body,
    feed_body,
)


async def list_outbound_orders(call: Call[None, FeedQuery]) -> Answer:
    query, feed = call.query, call.services.orders.feed
    wanted = (int(query.cursor), query.warehouse or "", query.limit, call.client)
    until = time.monotonic() + query.wait_seconds
    entries = await feed.following(*wanted, lambda came: call.process.waiting.wait(came, until))
    return json_answer(feed_body([entry_body(entry) for entry in entries], query.cursor))


async def answer_outbound_order(call: Call[OutboundAnswerBody, NoQuery]) -> Answer:
    answer = answer_of(call.client.name, call.path["order_no"], call.path["saying"], call.body)
    heard = await call.services.orders.warehouse(answer)
    outbound.answered(answer.warehouse, answer.order_no, answer.saying, heard.result)
    return json_answer(answered_body(heard))
