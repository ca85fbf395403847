"""Scans as the kernel wants them: one place for the ids that make each count once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from inventory_service.domain import ids
from inventory_service.domain.commands import Fitted, Park, Reverse, Scan
from inventory_service.domain.outcomes import ParkCode
from inventory_service.domain.stock import QUANTITY_MAX
from inventory_service.usecases.ports import ScanException
from inventory_service.usecases.requests import MalformedScan, ScanRequest


def scan(client: str, request: ScanRequest, reservation_id: str) -> Scan:
    """A fresh scan, tied to `reservation_id`."""
    fingerprint = ids.fingerprint(request.content)
    return Scan(
        scan_id=request.scan_id,
        digest=ids.digest("scan", client, request.scan_id),
        reuse_digest=_reuse_digest(client, request.scan_id, fingerprint),
        fingerprint=fingerprint,
        client=client,
        reservation_id=reservation_id,
        warehouse=request.warehouse,
        sku=request.sku,
        quantity=request.quantity,
        scanned_ms=request.scanned_ms,
        exception_id="",
        payload=request.payload,
        carried=[],
    )


def park(client: str, request: ScanRequest, code: ParkCode) -> Park:
    """A readable scan that cannot be tied to anything yet. Its digest is that of the scan: a repeat is a duplicate."""
    fingerprint = ids.fingerprint(request.content)
    return Park(
        scan_id=request.scan_id,
        digest=ids.digest("scan", client, request.scan_id),
        reuse_digest=_reuse_digest(client, request.scan_id, fingerprint),
        fingerprint=fingerprint,
        client=client,
        code=code,
        payload=request.payload,
    )


def park_malformed(client: str, malformed: MalformedScan) -> Park:
    """A scan that could not be read, once per content.

    Its digest is of its own kind, so that the corrected scan, sent under the same id, is applied.
    """
    fingerprint = ids.fingerprint({"payload": malformed.payload})
    return Park(
        scan_id=malformed.scan_id,
        digest=ids.digest("malformed_scan", client, malformed.scan_id or fingerprint),
        reuse_digest=ids.digest("malformed_scan_reuse", client, malformed.scan_id, fingerprint),
        fingerprint=fingerprint,
        client=client,
        code=ParkCode.VALIDATION_FAILED,
        payload=malformed.payload,
    )


@dataclass(frozen=True, slots=True)
class ParkedScan:
    """What a parked scan says, read back from its payload."""

    reservation_id: str
    order_ref: str
    channel: str
    warehouse: str
    sku: str
    quantity: int
    scanned_ms: int


def read_parked(payload: str) -> ParkedScan | None:
    """The scan in a parked payload, None when it is malformed and so can never be applied."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    quantity = fields.get("quantity")
    parked = ParkedScan(
        reservation_id=_text(fields, "reservation_id"),
        order_ref=_text(fields, "order_ref"),
        channel=_text(fields, "channel"),
        warehouse=_text(fields, "warehouse"),
        sku=_text(fields, "sku"),
        quantity=quantity if type(quantity) is int and 0 < quantity <= QUANTITY_MAX else 0,
        scanned_ms=_time_ms(_text(fields, "scanned_at")),
    )
    return parked if parked.quantity and parked.warehouse and parked.sku else None


def unpark(exception: ScanException, parked: ParkedScan, reservation_id: str) -> Scan:
    """Apply a parked scan, once per exception whoever asks, and to whichever reservation.

    The fingerprint is of the exception alone: a person and the service may both try, with different reservations,
    and the later attempt must count as a repeat, not as an id with other content.
    """
    return Scan(
        scan_id=exception.scan_id,
        digest=ids.digest("unpark", exception.exception_id),
        reuse_digest=ids.digest("unpark", exception.exception_id),
        fingerprint=ids.fingerprint({"unpark": exception.exception_id}),
        client=exception.client,
        reservation_id=reservation_id,
        warehouse=parked.warehouse,
        sku=parked.sku,
        quantity=parked.quantity,
        scanned_ms=parked.scanned_ms,
        exception_id=exception.exception_id,
        payload=exception.payload,
        carried=[],
    )


def reverse(exception: ScanException, client: str, note: str) -> Reverse:
    """Undo an applied scan, once per exception."""
    return Reverse(
        exception_id=exception.exception_id,
        digest=ids.digest("reverse", exception.exception_id),
        client=client,
        reservation_id=exception.reservation_id,
        warehouse=exception.warehouse,
        sku=exception.sku,
        quantity=exception.quantity,
        fitted=[Fitted(warehouse, quantity) for warehouse, quantity in exception.fitted],
        note=note,
        carried=[],
    )


def _reuse_digest(client: str, scan_id: str, fingerprint: str) -> str:
    return ids.digest("scan_reuse", client, scan_id, fingerprint)


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _time_ms(text: str) -> int:
    """0 for a time that is missing, unreadable or without a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return int(moment.timestamp() * 1000) if moment.tzinfo else 0
