"""Outbound scans: whatever a scanner sends is applied or kept, never refused."""

import msgspec
from msgspec import UNSET

from inventory_service.domain.durability import Durability
from inventory_service.domain.errors import Refused
from inventory_service.usecases.requests import MalformedScan, ScanRequest, ScanResult
from inventory_service.web import body
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.reservations import given
from inventory_service.web.routes import SINGLE_BODY_BYTES
from inventory_service.web.schemas.fields import milliseconds_of
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.scans import ScanBody, ScanResultBody, ScanResults, ScansBody

_scan = msgspec.json.Decoder(ScanBody)


async def accept_scans(call: Call[ScansBody[msgspec.Raw], NoQuery]) -> Answer:
    read = [_read(index, raw) for index, raw in enumerate(call.body.scans)]
    results = await call.services.scans(call.client.name, read)
    return json_answer(ScanResults([_result(index, result) for index, result in enumerate(results)]))


def _read(index: int, raw: msgspec.Raw) -> ScanRequest | MalformedScan:
    """The scan, or what could not be read of it, to be kept for a person."""
    payload = bytes(raw)
    if len(payload) > SINGLE_BODY_BYTES:
        raise Refused("payload_too_large", "One scan is at most 64 KiB.", f"/scans/{index}")
    body.check_nesting(payload)
    try:
        return scan_request(body.decode(_scan, raw), payload.decode())
    except Refused as error:
        if error.code == "malformed_json":
            raise
        return MalformedScan(body.id_in(raw, "scan_id"), error.pointer, error.detail, payload.decode())


def scan_request(scan: ScanBody, payload: str) -> ScanRequest:
    """The scan that a body means. Raises Refused (`validation_failed`)."""
    if scan.reservation_id is UNSET and scan.order_ref is UNSET:
        raise Refused("validation_failed", "Expected a reservation_id or an order_ref.", "/reservation_id")
    scanned_ms = 0 if scan.scanned_at is UNSET else milliseconds_of(scan.scanned_at)
    if scanned_ms < 0:
        raise Refused("validation_failed", "Expected a time since 1970.", "/scanned_at")
    return ScanRequest(
        scan_id=scan.scan_id,
        reservation_id=given(scan.reservation_id, ""),
        order_ref=given(scan.order_ref, ""),
        channel=given(scan.channel, ""),
        warehouse=scan.warehouse,
        sku=scan.sku,
        quantity=scan.quantity,
        scanned_ms=scanned_ms,
        payload=payload,
        # Without the further fields: a scanner that stamps its attempts must still be recognised as repeating itself.
        content=msgspec.to_builtins(scan),
    )


def _result(index: int, result: ScanResult) -> ScanResultBody:
    return ScanResultBody(
        scan_id=result.scan_id or None,
        result=result.result,
        code=result.code or UNSET,
        pointer=f"/scans/{index}{result.pointer}" if result.result == "parked" else UNSET,
        durability=Durability(result.durability) if result.durability else UNSET,
    )
