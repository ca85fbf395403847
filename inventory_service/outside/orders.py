"""What a shopper is told of an order, and the parcels that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Word(StrEnum):
    """The last thing that was said about an order. `SILENCE`: no definite answer ever came."""

    SILENCE = "silence"
    REFUSED = "refused"
    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


SOLD_STATUSES = frozenset({"confirmed", "part_shipped", "shipped"})
_UNPAID = {"held": Word.HELD, "released": Word.RELEASED, "expired": Word.EXPIRED}
WORD_OF_STATUS: Mapping[str, Word] = {**_UNPAID, **dict.fromkeys(SOLD_STATUSES, Word.CONFIRMED)}


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units of one SKU that a warehouse was told to send for an order."""

    reservation_id: str
    warehouse: str
    sku: str
    quantity: int

    def of(self, quantity: int) -> "Parcel":
        """A carton of it."""
        return replace(self, quantity=quantity)

    def scan_body(self, scan_id: str) -> dict[str, object]:
        """The outbound scan that says that it left."""
        return {
            "scan_id": scan_id,
            "reservation_id": self.reservation_id,
            "warehouse": self.warehouse,
            "sku": self.sku,
            "quantity": self.quantity,
        }


def parcels_of(reservation_id: str, body: Mapping[str, Any]) -> list[Parcel]:
    """Of a reservation as the service answers it."""
    return [
        Parcel(reservation_id, allocation["warehouse"], line["sku"], allocation["quantity"])
        for line in body["lines"]
        for allocation in line["allocations"]
    ]
