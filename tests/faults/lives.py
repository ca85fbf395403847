"""What callers do and remember: orders that live their lives one call after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

UNITS = 2  # of one SKU per order
ABSENT = "absent"
TTL_SECONDS = 3600
SHORT_TTL_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a life, the status behind it, and what it does to on_hand, held and committed per unit pair."""

    verb: str
    status: str
    effect: tuple[int, int, int]


_RESERVE = Step("reserve", "held", (0, UNITS, 0))
_CONFIRM = Step("confirm", "confirmed", (0, -UNITS, UNITS))
_SCAN = Step("scan", "part_shipped", (-1, 0, -1)), Step("scan", "shipped", (-1, 0, -1))
HELD: tuple[Step, ...] = (_RESERVE,)
PAID: tuple[Step, ...] = (_RESERVE, _CONFIRM)
LIVES: tuple[tuple[Step, ...], ...] = (
    HELD,
    PAID,
    (_RESERVE, Step("release", "released", (0, -UNITS, 0))),
    (_RESERVE, Step("part", "held", (0, -1, 0))),
    (_RESERVE, _CONFIRM, Step("release", "released", (0, 0, -UNITS))),
    (_RESERVE, _CONFIRM, *_SCAN),
    (_RESERVE, Step("extend", "held", (0, 0, 0)), _CONFIRM, Step("part", "confirmed", (0, 0, -1))),
)
# A scan that comes before its order is parked, and applies itself once the order is known: nobody sends the last step.
SCANNED_FIRST = (_RESERVE, _CONFIRM, Step("scan", "shipped", (-UNITS, 0, -UNITS)))
EVENT_TYPES = {"part": "release"}  # where the ledger's word is not the verb


@dataclass(slots=True)
class Life:
    """One order. `told` steps were acknowledged; `in_doubt`: an attempt at the next may have happened."""

    reservation_id: str
    sku: str
    warehouse: str
    steps: Sequence[Step]
    ttl_seconds: int = TTL_SECONDS
    told: int = 0
    in_doubt: bool = False
    refused: bool = False  # the last answer: not enough stock
    ended: str = ""  # a short hold: how it ended, expired by itself or released
    repeated: bool = False  # a step was done more than once, as far as its caller knows
    expires_at: str = ""  # as it was told last
    sent_s: list[float] = field(default_factory=list)  # first attempt at each step
    told_s: list[float] = field(default_factory=list)

    @property
    def next_step(self) -> Step | None:
        return None if self.refused or self.ended or self.told >= len(self.steps) else self.steps[self.told]

    @property
    def may_expire(self) -> bool:
        return self.ttl_seconds == SHORT_TTL_SECONDS

    @property
    def status(self) -> str:
        """As the caller was told last."""
        if self.ended:
            return self.ended
        return self.steps[self.told - 1].status if self.told else ABSENT

    @property
    def effect(self) -> tuple[int, int, int]:
        """What the acknowledged steps did to on_hand, held and committed."""
        if self.ended:
            return (0, 0, 0)
        effects = [step.effect for step in self.steps[: self.told]]
        return sum(e[0] for e in effects), sum(e[1] for e in effects), sum(e[2] for e in effects)

    def reserve_body(self) -> dict[str, Any]:
        lines = [{"sku": self.sku, "quantity": UNITS}]
        return {"reservation_id": self.reservation_id, "lines": lines, "ttl_seconds": self.ttl_seconds}

    def operation(self, index: int) -> dict[str, Any]:
        """Step `index` as an operation of a batch, or as a scan."""
        verb, (on_hand, _, _) = self.steps[index].verb, self.steps[index].effect
        if verb == "reserve":
            return {"op": "reserve", **self.reserve_body()}
        if verb == "scan":
            return {
                "scan_id": f"{self.reservation_id}:s{index}", "reservation_id": self.reservation_id,
                "warehouse": self.warehouse, "sku": self.sku, "quantity": -on_hand,
            }  # fmt: skip
        named = {"op": "release" if verb == "part" else verb, "reservation_id": self.reservation_id}
        if verb == "part":
            lines = [{"sku": self.sku, "quantity": 1}]
            return {**named, "release_id": f"{self.reservation_id}:p{index}", "lines": lines}
        return {**named, "ttl_seconds": TTL_SECONDS} if verb == "extend" else named


def single_call(operation: dict[str, Any]) -> tuple[str, Any]:
    """Path and body of the call that does one operation, or one scan."""
    if "scan_id" in operation:
        return "/v1/wms/outbound-scans", {"scans": [operation]}
    body = {name: value for name, value in operation.items() if name != "op"}
    if operation["op"] == "reserve":
        return "/v1/reservations", body
    reservation_id = body.pop("reservation_id")
    return f"/v1/reservations/{reservation_id}/{operation['op']}", body or None


@dataclass(slots=True)
class Movement:
    """Goods received, once by its id."""

    movement_id: str
    sku: str
    warehouse: str
    quantity: int
    told: bool = False
    in_doubt: bool = False

    def body(self) -> dict[str, Any]:
        return {
            "movement_id": self.movement_id, "type": "receive", "sku": self.sku, "warehouse": self.warehouse,
            "quantity": self.quantity,
        }  # fmt: skip
