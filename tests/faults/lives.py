"""What callers do and remember: orders and transfers that live their lives one call after the other."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, NamedTuple

UNITS = 2  # of one SKU per order
SENT, ARRIVED = 3, 2  # of one transfer: what is missing is lost
ABSENT = "absent"
TTL_SECONDS = 3600
SHORT_TTL_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a life, the status behind it, and what it does to on_hand, held and committed of its SKU."""

    verb: str
    status: str
    effect: tuple[int, int, int] = (0, 0, 0)


Steps = tuple[Step, ...]

_RESERVE = Step("reserve", "held", (0, UNITS, 0))
_CONFIRM = Step("confirm", "confirmed", (0, -UNITS, UNITS))
_SCAN = Step("scan", "part_shipped", (-1, 0, -1)), Step("scan", "shipped", (-1, 0, -1))
_MOVE = Step("reallocate", "held")
_PICK = Step("pick", "confirmed", (-UNITS, 0, 0))  # nothing was on the shelf: it stays promised, from wherever
_OPEN = Step("open", "draft")
HELD: Steps = (_RESERVE,)
PAID: Steps = (_RESERVE, _CONFIRM)
MOVED: Steps = (_RESERVE, _MOVE)
LIVES: tuple[Steps, ...] = (
    HELD,
    PAID,
    (_RESERVE, Step("release", "released", (0, -UNITS, 0))),
    (_RESERVE, Step("part", "held", (0, -1, 0))),
    (_RESERVE, _CONFIRM, Step("release", "released", (0, 0, -UNITS))),
    (_RESERVE, _CONFIRM, *_SCAN),
    (_RESERVE, Step("extend", "held"), _CONFIRM, Step("part", "confirmed", (0, 0, -1))),
)
WANDERING: tuple[Steps, ...] = (
    HELD,
    (_RESERVE, _MOVE, _CONFIRM, *_SCAN),
    (_RESERVE, _CONFIRM, _PICK),
    (_RESERVE, _CONFIRM, Step("reallocate", "confirmed"), Step("release", "released", (0, 0, -UNITS))),
)
GIVEN_UP: Steps = (_OPEN, Step("cancel", "cancelled"))
CARRIED: tuple[Steps, ...] = (
    GIVEN_UP,
    (_OPEN, Step("ship", "in_transit", (-SENT, 0, 0))),
    (_OPEN, Step("ship", "in_transit", (-SENT, 0, 0)), Step("receive", "received", (ARRIVED, 0, 0))),
)
# A scan that comes before its order is parked, and applies itself once the order is known: nobody sends the last step.
SCANNED_FIRST: Steps = (_RESERVE, _CONFIRM, Step("scan", "shipped", (-UNITS, 0, -UNITS)))
# Where the ledger's word is not the verb.
EVENT_TYPES = {
    "part": "release", "pick": "short_pick", "open": "transfer_open", "ship": "transfer_ship",
    "receive": "transfer_receive", "cancel": "transfer_cancel",
}  # fmt: skip


class Told(NamedTuple):
    """What an answer says of a life."""

    subject: str
    status: str
    warehouse: str


@dataclass(slots=True)
class Life(ABC):
    """`told` steps were acknowledged; `in_doubt`: an attempt at the next may have happened."""

    subject: str  # its id
    sku: str
    steps: Steps
    told: int = 0
    in_doubt: bool = False
    refused: bool = False  # the last answer: not enough stock
    ended: str = ""  # a short hold: how it ended, expired by itself or released
    repeated: bool = False  # a step was done more than once, as far as its caller knows
    sent_s: list[float] = field(default_factory=list)  # first attempt at each step
    told_s: list[float] = field(default_factory=list)

    @property
    def next_step(self) -> Step | None:
        return None if self.refused or self.ended or self.told >= len(self.steps) else self.steps[self.told]

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

    def event_name(self, index: int) -> str:
        """What tells the ledger's event of step `index` from the others of this life: its type, or a scan's id."""
        verb = self.steps[index].verb
        return EVENT_TYPES.get(verb, verb)

    def step_back(self) -> None:
        """The last acknowledged step is lost."""
        self.told -= 1

    @abstractmethod
    def call(self, index: int) -> tuple[str, Any]:
        """Path and body of step `index`; its repeat is the same."""

    @abstractmethod
    def told_by(self, body: Any) -> Told: ...


@dataclass(slots=True)
class Order(Life):
    """A reservation. `asked`: what it says beside its line."""

    asked: dict[str, Any] = field(default_factory=dict)
    ttl_seconds: int = TTL_SECONDS
    warehouses: list[str] = field(default_factory=list)  # that were to ship it, the last one is
    expires_at: str = ""  # as it was told last

    @property
    def may_expire(self) -> bool:
        return self.ttl_seconds == SHORT_TTL_SECONDS

    @property
    def warehouse(self) -> str:
        """Which ships it; "": behind a short pick the service knows."""
        picked = any(step.verb == "pick" for step in self.steps[: self.told])
        return self.warehouses[-1] if self.warehouses and not picked else ""

    def event_name(self, index: int) -> str:
        if self.steps[index].verb == "scan":
            return str(self.item(index)["scan_id"])
        return Life.event_name(self, index)

    def step_back(self) -> None:
        self.told -= 1
        if self.steps[self.told].verb in {"reserve", "reallocate"}:
            self.warehouses.pop()

    def told_by(self, body: Any) -> Told:
        (line,) = body["lines"]
        warehouse = line["allocations"][0]["warehouse"] if line["allocations"] else ""
        return Told(body["reservation_id"], body["status"], warehouse)

    def reserve_body(self) -> dict[str, Any]:
        lines = [{"sku": self.sku, "quantity": UNITS}]
        return {"reservation_id": self.subject, "lines": lines, "ttl_seconds": self.ttl_seconds, **self.asked}

    def item(self, index: int) -> dict[str, Any]:
        """Step `index` as an operation of a batch, a scan, a short pick."""
        verb = self.steps[index].verb
        if verb == "reserve":
            return {"op": "reserve", **self.reserve_body()}
        if verb in {"scan", "pick"}:
            name = "scan_id" if verb == "scan" else "short_pick_id"
            quantity = -self.steps[index].effect[0]
            return {
                name: f"{self.subject}:s{index}", "reservation_id": self.subject, "warehouse": self.warehouses[-1],
                "sku": self.sku, "quantity": quantity,
            }  # fmt: skip
        named = {"op": "release" if verb == "part" else verb, "reservation_id": self.subject}
        if verb == "part":
            lines = [{"sku": self.sku, "quantity": 1}]
            return {**named, "release_id": f"{self.subject}:p{index}", "lines": lines}
        return {**named, "ttl_seconds": TTL_SECONDS} if verb == "extend" else named

    def call(self, index: int) -> tuple[str, Any]:
        verb = self.steps[index].verb
        if verb in LISTS:
            path, name = LISTS[verb]
            return path, {name: [self.item(index)]}
        if verb == "reallocate":
            return f"/v1/reservations/{self.subject}/reallocate", {"excluded": [self.warehouses[0]]}
        body = self.item(index)
        operation = body.pop("op")
        if verb == "reserve":
            return "/v1/reservations", body
        del body["reservation_id"]
        return f"/v1/reservations/{self.subject}/{operation}", body or None


# Verbs whose calls are lists, even of one: path, and name of the list.
LISTS = {"scan": ("/v1/wms/outbound-scans", "scans"), "pick": ("/v1/wms/short-picks", "short_picks")}
BATCH = ("/v1/batch", "operations")
_ALONE = frozenset({"reallocate", "open", "ship", "receive", "cancel"})  # no list takes them


def list_of(step: Step) -> tuple[str, str] | None:
    """Path and name of the list that takes several of such steps; None: each has its own call."""
    return None if step.verb in _ALONE else LISTS.get(step.verb, BATCH)


@dataclass(slots=True)
class Transfer(Life):
    """Goods on their way from one warehouse to another."""

    origin: str = ""
    destination: str = ""

    def told_by(self, body: Any) -> Told:
        return Told(body["transfer_id"], body["state"], self.destination)

    def call(self, index: int) -> tuple[str, Any]:
        path, verb = "/v1/stock/transfers", self.steps[index].verb
        lines = [{"sku": self.sku, "quantity": SENT}]
        if verb == "open":
            return path, {"transfer_id": self.subject, "from": self.origin, "to": self.destination, "lines": lines}
        if verb == "receive":
            lines = [{"sku": self.sku, "quantity": ARRIVED}]
            return f"{path}/{self.subject}/receive", {"receipt_id": f"{self.subject}:d", "lines": lines, "close": True}
        return f"{path}/{self.subject}/{verb}", {} if verb == "ship" else None

    @property
    def on_its_way(self) -> int:
        return SENT if self.status == "in_transit" else 0


@dataclass(slots=True)
class Movement:
    """Goods received or expected, once by its id."""

    movement_id: str
    type: str
    sku: str
    warehouse: str
    quantity: int
    told: bool = False
    in_doubt: bool = False

    def body(self) -> dict[str, Any]:
        dated = {"expected_at": "2099-01-01T00:00:00.000Z"} if self.type == "expect" else {}
        return {
            "movement_id": self.movement_id, "type": self.type, "sku": self.sku, "warehouse": self.warehouse,
            "quantity": self.quantity, **dated,
        }  # fmt: skip
