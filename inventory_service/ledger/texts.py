"""Free text on its way into Postgres, which knows no NUL: history must be writable whatever a caller wrote."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.codes import LABEL_CHARACTERS_MAX
from inventory_service.domain.stock import QUANTITY_MAX

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CODE_MAX = 64


class Attributes(NamedTuple):
    """The parts of a reservation's attributes that lists are filtered by."""

    channel: str
    order_ref: str
    customer_id: str
    region: str


class ParkedFields(NamedTuple):
    """What a parked scan says of itself; "" and 0 where it is silent or malformed."""

    reservation_id: str
    order_ref: str
    channel: str
    warehouse: str
    sku: str
    quantity: int


def storable(text: str) -> str:
    """The text with every NUL replaced; the ledger entry keeps the bytes as they came."""
    return text.replace("\0", _REPLACEMENT) if "\0" in text else text


def details_json(details: Any) -> str:
    """Details as JSON text that `jsonb` takes."""
    fields = dict(zip(details._fields, details, strict=True))
    text = msgspec.json.encode(fields)
    return (msgspec.json.encode(_without_nul(fields)) if b"\\u0000" in text else text).decode()


def attributes_of(text: str) -> Attributes:
    fields = _object(text)
    destination = fields.get("ship_to")
    region = destination.get("region") if isinstance(destination, dict) else ""
    return Attributes(
        channel=_text(fields.get("channel")),
        order_ref=_text(fields.get("order_ref")),
        customer_id=_text(fields.get("customer_id")),
        region=_text(region),
    )


def parked_fields(payload: str) -> ParkedFields:
    fields = _object(payload)
    quantity = fields.get("quantity")
    return ParkedFields(
        reservation_id=_code(fields.get("reservation_id")),
        order_ref=_label(fields.get("order_ref")),
        channel=_label(fields.get("channel")),
        warehouse=_code(fields.get("warehouse")),
        sku=_code(fields.get("sku")),
        quantity=quantity if type(quantity) is int and 0 < quantity <= QUANTITY_MAX else 0,
    )


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(text) if text else {}
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _code(value: object) -> str:
    """An id or code; longer ones are none."""
    text = _text(value)
    return text if len(text) <= _CODE_MAX else ""


def _label(value: object) -> str:
    """What a caller may call an order or a channel; longer ones are none."""
    text = _text(value)
    return text if len(text) <= LABEL_CHARACTERS_MAX else ""


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {name: _without_nul(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(part) for part in value]
    return value
