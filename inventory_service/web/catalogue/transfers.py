"""Transfers between warehouses."""

from inventory_service.domain.clients import Scope
from inventory_service.web import examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import stock, transfers
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.lists import PageBody
from inventory_service.web.schemas.transfers import ReceiptBody, ShipBody, TransferBody, TransferQuery, TransferView

_ID = {"transfer_id": Id}
_SAME = {"transfer_id": "$response.body#/transfer_id"}
_HEADERS = {"Idempotent-Replayed": "`true`: it was done before, nothing changed."}
_NEXT = (
    Link(transfers.receive_transfer, _SAME),
    Link(transfers.read_transfer, _SAME),
    Link(stock.read_stock, {"sku": "$response.body#/lines/0/sku"}),
)


_OPENED = (Link(transfers.ship_transfer, _SAME), Link(transfers.cancel_transfer, _SAME), *_NEXT)


def _done(example: object, description: str = "Done.", links: tuple[Link, ...] = _NEXT) -> Response:
    return Response(model=TransferView, description=description, headers=_HEADERS, example=example, links=links)


TRANSFERS = (
    Route(
        method="GET",
        path="/v1/stock/transfers",
        handler=transfers.list_transfers,
        tag="Stock",
        summary="Transfers between warehouses, newest first",
        scope=Scope.STOCK_READ,
        priority=Priority.LIST,
        query=TransferQuery,
        responses={
            200: Response(
                model=PageBody[TransferView],
                example=examples.page(examples.TRANSFER),
                links=(
                    Link(transfers.list_transfers, {"cursor": "$response.body#/next_cursor"}),
                    Link(transfers.read_transfer, {"transfer_id": "$response.body#/data/0/transfer_id"}),
                ),
            )
        },
    ),
    Route(
        method="POST",
        path="/v1/stock/transfers",
        handler=transfers.open_transfer,
        tag="Stock",
        summary="Plan to move goods between warehouses, or send them at once",
        description=(
            "A plan moves no stock. What was sent leaves `on_hand` at its origin and is `incoming` at its destination "
            "until it is received, dated where `expected_at` is given."
        ),
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        request=Request(documented=TransferBody, example=examples.TRANSFER_NEW),
        responses={
            201: _done(examples.TRANSFER_PLANNED, "Planned, or on its way.", _OPENED),
            200: _done(examples.TRANSFER_PLANNED, "It was there already.", _OPENED),
        },
        codes=("unknown_sku", "unknown_warehouse", "idempotency_mismatch", "would_break_commitments"),
    ),
    Route(
        method="GET",
        path="/v1/stock/transfers/{transfer_id}",
        handler=transfers.read_transfer,
        tag="Stock",
        summary="One transfer, also long after it ended",
        scope=Scope.STOCK_READ,
        priority=Priority.READ,
        path_values=_ID,
        responses={200: Response(model=TransferView, example=examples.TRANSFER, links=_NEXT)},
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/stock/transfers/{transfer_id}/ship",
        handler=transfers.ship_transfer,
        tag="Stock",
        summary="The goods of a plan left",
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_ID,
        request=Request(documented=ShipBody, optional=True, example=examples.TRANSFER_SHIP),
        responses={200: _done(examples.TRANSFER_DONE)},
        codes=("not_found", "transfer_state", "would_break_commitments"),
    ),
    Route(
        method="POST",
        path="/v1/stock/transfers/{transfer_id}/receive",
        handler=transfers.receive_transfer,
        tag="Stock",
        summary="Goods came, once per receipt",
        description=(
            "More or less than was sent is a discrepancy that the answer tells, never refused. The transfer ends when "
            "nothing is outstanding, or with `close`: what is missing then is lost, and an alarm tells it."
        ),
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_ID,
        request=Request(documented=ReceiptBody, example=examples.RECEIPT),
        responses={200: _done(examples.TRANSFER_RECEIVED)},
        codes=("not_found", "transfer_state", "idempotency_mismatch"),
    ),
    Route(
        method="POST",
        path="/v1/stock/transfers/{transfer_id}/cancel",
        handler=transfers.cancel_transfer,
        tag="Stock",
        summary="Give up a plan",
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_ID,
        responses={200: _done(examples.TRANSFER_CANCELLED)},
        codes=("not_found", "transfer_state"),
    ),
)
