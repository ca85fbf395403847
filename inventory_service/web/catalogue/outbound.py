"""What warehouses are told to ship, and what they answer."""

from inventory_service.domain.clients import Scope
from inventory_service.web import order_examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import orders, outbound
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.outbound import (
    WAIT_SECONDS_MAX,
    AnsweredBody,
    FeedBody,
    FeedQuery,
    OutboundAnswerBody,
    SayingName,
)

OUTBOUND = (
    Route(
        method="GET",
        path="/v1/wms/outbound-orders",
        handler=outbound.list_outbound_orders,
        tag="Outbound orders",
        summary="What warehouses are told to ship, to change and to stop, in order",
        description=(
            "A log: the cursor is a position in it, and whoever has read one has read all before it. Ask again with "
            "`next_cursor`, also where a page is empty. An entry says the whole of what is to leave a warehouse for an "
            "order, so reading it twice ships nothing twice. Receivers are masked; with the scope `pii:read` they are "
            "clear, and each reading is noted. `not_ready` while the service has no sealing keys.\n\n"
            "With `wait_seconds` a page that would be empty is answered as soon as an entry comes, or when the time is "
            "up, or at once with an empty one when the process ends; so no caller needs a pause between two pages. Too "
            "many who wait at once are `overloaded`."
        ),
        scope=Scope.SCAN,
        priority=Priority.LIST,
        waits_seconds=WAIT_SECONDS_MAX,
        query=FeedQuery,
        responses={
            200: Response(
                model=FeedBody,
                example=order_examples.FEED,
                links=(
                    Link(outbound.list_outbound_orders, {"cursor": "$response.body#/next_cursor"}),
                    Link(orders.read_order, {"order_no": "$response.body#/data/0/order_no"}),
                ),
            )
        },
    ),
    Route(
        method="POST",
        path="/v1/wms/outbound-orders/{order_no}/{saying}",
        handler=outbound.answer_outbound_order,
        tag="Outbound orders",
        summary="What a warehouse, or a person for it, answers to an entry",
        description=(
            "The stock of a cancelled order goes back once every warehouse that had it answered `not-shipped` to its "
            "newest entry. Nothing is released of what has shipped; what left is deducted by the outbound scans alone."
        ),
        scope=Scope.SCAN,
        priority=Priority.FINISH,
        writes=True,
        path_values={"order_no": Id, "saying": SayingName},
        request=Request(documented=OutboundAnswerBody, example=order_examples.OUTBOUND_ANSWER),
        responses={200: Response(model=AnsweredBody, example=order_examples.ANSWERED)},
        codes=("not_found", "idempotency_mismatch"),
    ),
)
