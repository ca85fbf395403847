"""A picker found fewer on the shelf than an order was promised from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inventory_service.domain import ids
from inventory_service.domain.commands import ReadReservation, ShortPick
from inventory_service.domain.outcomes import Code, ParkCode, Shortage, ShortPickOutcome
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases.all_or_unknown import settled
from inventory_service.usecases.allocation_ports import AllocationEngine
from inventory_service.usecases.elsewhere import past
from inventory_service.usecases.routes import Routes
from inventory_service.usecases.scan_ties import ScanTies

_POINTERS: Mapping[str, str] = {
    Code.SHORT_PICK_ID_REUSED: "/short_pick_id",
    Code.EXCEEDS_OPEN: "/quantity",
    Code.RESERVATION_SHIPPED: "/reservation_id",
    Code.RESERVATION_RELEASED: "/reservation_id",
    Code.RESERVATION_EXPIRED: "/reservation_id",
    ParkCode.UNKNOWN_RESERVATION: "/reservation_id",
    ParkCode.AMBIGUOUS_ORDER_REF: "/order_ref",
}


@dataclass(frozen=True, slots=True)
class ShortPickRequest:
    """Tied to an order by `reservation_id` or, where that is "", by `order_ref`. `quantity`: what was not there."""

    short_pick_id: str
    reservation_id: str
    order_ref: str
    warehouse: str
    sku: str
    quantity: int
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MalformedShortPick:
    short_pick_id: str
    pointer: str


@dataclass(frozen=True, slots=True)
class ShortPickResult:
    """`result`: moved | not_moved | duplicate | rejected; `code` and `pointer` say why it was rejected."""

    short_pick_id: str
    result: str
    code: str = ""
    pointer: str = ""
    shortages: Sequence[Shortage] = ()
    durability: str = ""


Sent = ShortPickRequest | MalformedShortPick


class AcceptShortPicks:
    def __init__(self, engine: AllocationEngine, ties: ScanTies, routes: Routes) -> None:
        self._engine = engine
        self._ties = ties
        self._routes = routes

    async def __call__(self, client: str, picks: Sequence[Sent]) -> list[ShortPickResult]:
        """Apply each once by its id, in order; results in the same order.

        Everything that must be asked is asked before the first command is queued. Raises NotReady or Overloaded when
        nothing happened, OutcomeUnknown when some may have: repeat all of them.
        """
        readable = [pick for pick in picks if isinstance(pick, ShortPickRequest)]
        tied = await self._ties.reservations_of((pick.order_ref, "") for pick in readable if not pick.reservation_id)
        names = [pick.reservation_id or tied[pick.order_ref, ""] for pick in readable]
        records = await self._records([name for name in names if not isinstance(name, ParkCode)])
        named = iter(names)
        judged = [
            self._judge(client, pick, next(named), records)
            if isinstance(pick, ShortPickRequest)
            else ShortPickResult(pick.short_pick_id, "rejected", "validation_failed", pick.pointer)
            for pick in picks
        ]
        commands = [command for command in judged if isinstance(command, ShortPick)]
        outcomes = iter(await settled(self._engine.short_pick(command) for command in commands))
        return [each if isinstance(each, ShortPickResult) else _result(each, next(outcomes)) for each in judged]

    async def _records(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        """As Redis has them, else as the ledger does."""
        asked = list(dict.fromkeys(reservation_ids))
        outcomes = await settled(self._engine.reservation(ReadReservation(name)) for name in asked)
        found = {name: each.reservation for name, each in zip(asked, outcomes, strict=True) if each.reservation}
        older = [name for name in asked if name not in found]
        stored = await self._ties.records(older) if older else {}
        return found | {name: records[0] for name, records in stored.items() if records}

    def _judge(
        self, client: str, pick: ShortPickRequest, name: str | ParkCode, records: Mapping[str, Reservation]
    ) -> ShortPick | ShortPickResult:
        if not isinstance(name, ParkCode) and name not in records:
            name = ParkCode.UNKNOWN_RESERVATION
        if isinstance(name, ParkCode):
            pointer = _POINTERS[name] if pick.reservation_id else "/order_ref"
            return ShortPickResult(pick.short_pick_id, "rejected", name, pointer)
        return ShortPick(
            short_pick_id=pick.short_pick_id,
            digest=ids.digest("short_pick", client, pick.short_pick_id),
            fingerprint=ids.fingerprint(pick.content),
            client=client,
            reservation_id=name,
            warehouse=pick.warehouse,
            sku=pick.sku,
            quantity=pick.quantity,
            carried=[records[name]],
            route=past(self._routes.again(records[name]), {pick.warehouse}),
        )


def _result(command: ShortPick, outcome: ShortPickOutcome) -> ShortPickResult:
    code = outcome.code
    if code in (Code.MOVED, Code.NOT_MOVED, Code.DUPLICATE):
        return ShortPickResult(command.short_pick_id, code, shortages=outcome.shortages, durability=outcome.durability)
    return ShortPickResult(command.short_pick_id, "rejected", code, _POINTERS.get(code, ""))
