"""What a reservation carries besides stock: JSON text in its record, only what was sent."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from inventory_service.domain.eligibility import NO_WISH
from inventory_service.domain.errors import Refused
from inventory_service.domain.geography import COORDINATE_DECIMALS
from inventory_service.usecases.requests import NOTHING, AllocationWish, Destination

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Attributes(NamedTuple):
    """Empty values mean "not sent" and are left out of the text. `ship_to` as `geography.settled` leaves it."""

    channel: str = ""
    order_ref: str = ""
    customer_id: str = ""
    ship_to: Destination | None = None
    allocation: AllocationWish | None = None
    metadata: Mapping[str, object] = NOTHING


def to_json(attributes: Attributes) -> str:
    """JSON text for the record; "{}" when there is nothing.

    Raises Refused (`validation_failed`) for a NUL character, which Postgres cannot store.
    """
    sent: dict[str, object] = {}
    if attributes.channel:
        sent["channel"] = attributes.channel
    if attributes.order_ref:
        sent["order_ref"] = attributes.order_ref
    if attributes.customer_id:
        sent["customer_id"] = attributes.customer_id
    if attributes.ship_to:
        sent["ship_to"] = _destination_fields(attributes.ship_to)
    if attributes.allocation:
        sent["allocation"] = _allocation_fields(attributes.allocation)
    if attributes.metadata:
        sent["metadata"] = attributes.metadata
    if not sent:
        return "{}"
    text = _encode(sent)
    if "\\u0000" in text and _ESCAPED_NUL.search(text):
        raise Refused("validation_failed", "Text must not contain the NUL character.", _first_with_nul(sent))
    return text


def from_json(text: str) -> Attributes:
    """The attributes of a record; parts that an older version did not write are empty."""
    fields = json.loads(text) if text else {}
    allocation = fields.get("allocation")
    return Attributes(
        channel=fields.get("channel", ""),
        order_ref=fields.get("order_ref", ""),
        customer_id=fields.get("customer_id", ""),
        ship_to=Destination(**fields["ship_to"]) if fields.get("ship_to") else None,
        allocation=_allocation(allocation) if allocation else None,
        metadata=fields.get("metadata", {}),
    )


def _destination_fields(destination: Destination) -> dict[str, object]:
    """Of a settled destination, which is all that may be kept: an address or a name that is still in it is dropped."""
    names = ("country", "region", "confidence")
    fields: dict[str, object] = {name: str(value) for name in names if (value := getattr(destination, name))}
    for name, degrees in (("lat", destination.lat), ("lon", destination.lon)):
        if degrees is not None:  # 0.0 degrees is a place, not "nothing sent"
            fields[name] = round(degrees, COORDINATE_DECIMALS)
    return fields


def _allocation_fields(wish: AllocationWish) -> dict[str, object]:
    fields = {
        "strategy": wish.strategy,
        "warehouses": wish.warehouses,
        "max_splits": wish.max_splits,
        "excluded": wish.excluded,
    }
    return {name: value for name, value in fields.items() if value}


def _allocation(fields: Mapping[str, Any]) -> AllocationWish:
    return AllocationWish(
        strategy=fields.get("strategy", NO_WISH.strategy),
        warehouses=tuple(fields.get("warehouses", ())),
        max_splits=fields.get("max_splits", 0),
        excluded=tuple(fields.get("excluded", ())),
    )


def _first_with_nul(sent: Mapping[str, object]) -> str:
    for name, value in sent.items():
        if _ESCAPED_NUL.search(json.dumps(value)):
            return f"/{name}"
    return ""
