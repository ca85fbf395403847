"""Transfers between warehouses: plan, send, receive, give up, look."""

import msgspec

from inventory_service.domain.commands import LineRequest, ReceivedLine
from inventory_service.domain.outcomes import Code
from inventory_service.usecases.move_between import ReceiptRequest, TransferRequest, TransferResult
from inventory_service.usecases.transfer_ports import TransferFilter
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.movements import expected_ms_of
from inventory_service.web.handlers.reservations import REPLAYED, given
from inventory_service.web.schemas.lists import NoQuery, PageBody
from inventory_service.web.schemas.reservations import LineBody
from inventory_service.web.schemas.transfers import ReceiptBody, ShipBody, TransferBody, TransferQuery, transfer_view


async def open_transfer(call: Call[TransferBody, NoQuery]) -> Answer:
    body = call.body
    request = TransferRequest(
        transfer_id=body.transfer_id,
        origin=body.origin,
        destination=body.destination,
        lines=_lines(body.lines),
        expected_ms=expected_ms_of(body.expected_at),
        reference=given(body.reference, ""),
        ships=given(body.ship, False),
        force=given(body.force, False),
        content=msgspec.to_builtins(body),
    )
    return _answer(await call.services.transfers.open(call.client.name, request), 201)


async def ship_transfer(call: Call[ShipBody, NoQuery]) -> Answer:
    lines, force = _lines(given(call.body.lines, [])), given(call.body.force, False)
    return _answer(await call.services.transfers.ship(call.client.name, call.path["transfer_id"], lines, force))


async def receive_transfer(call: Call[ReceiptBody, NoQuery]) -> Answer:
    body = call.body
    request = ReceiptRequest(
        receipt_id=body.receipt_id,
        lines=[ReceivedLine(line.sku, line.quantity, line.damaged) for line in body.lines],
        close=given(body.close, False),
        content=msgspec.to_builtins(body),
    )
    return _answer(await call.services.transfers.receive(call.client.name, call.path["transfer_id"], request))


async def cancel_transfer(call: Call[None, NoQuery]) -> Answer:
    return _answer(await call.services.transfers.cancel(call.client.name, call.path["transfer_id"]))


async def read_transfer(call: Call[None, NoQuery]) -> Answer:
    transfer_id = call.path["transfer_id"]
    return json_answer(transfer_view(transfer_id, await call.services.transfers.read(transfer_id)))


async def list_transfers(call: Call[None, TransferQuery]) -> Answer:
    query = call.query
    wanted = TransferFilter(query.state or "", query.origin or "", query.destination or "", query.sku or "")
    page = await call.services.transfers.list(wanted, query.limit, query.position)
    return json_answer(PageBody([transfer_view(*stored) for stored in page.data], page.next_cursor or None))


def _lines(lines: list[LineBody]) -> list[LineRequest]:
    return [LineRequest(line.sku, line.quantity) for line in lines]


def _answer(result: TransferResult, status: int = 200) -> Answer:
    view = transfer_view(result.transfer_id, result.transfer, result.durability)
    if result.code == Code.REPLAYED:
        return json_answer(view, headers=REPLAYED)
    return json_answer(view, status)
