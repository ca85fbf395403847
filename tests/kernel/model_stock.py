"""The model's stock movements, policies and stock reads."""

from typing import Any

from inventory_service.domain.commands import Movement, ReadStock, SetPolicy
from inventory_service.domain.events import EventType, MovementDetails, PolicyDetails
from inventory_service.domain.movements import ABOUT_ARRIVALS, MovementType
from inventory_service.domain.outcomes import Code, MovementOutcome, StockOutcome
from inventory_service.domain.stock import (
    ARRIVALS_MAX,
    CHANNELS_MAX,
    ON_HAND_MAX,
    UNSET,
    Arrival,
    Level,
    contradiction,
    merged,
)
from tests.kernel.model_state import FINGERPRINT_KEPT, State, Subject

# (on_hand, unavailable, incoming) per unit; a count sets on_hand instead.
EFFECTS = {
    MovementType.RECEIVE: (1, 0, 0),
    MovementType.ADJUST: (1, 0, 0),
    MovementType.QUARANTINE: (0, 1, 0),
    MovementType.RESTORE: (0, -1, 0),
    MovementType.WRITE_OFF: (-1, -1, 0),
    MovementType.RETURN: (1, 1, 0),
    MovementType.EXPECT: (0, 0, 1),
    MovementType.ARRIVE: (1, 0, -1),
    MovementType.CANCEL_EXPECTED: (0, 0, -1),
}


def move(state: State, command: Movement) -> MovementOutcome:
    kept = state.recall(command.digest)
    if kept is not None:
        same = kept == command.fingerprint[:FINGERPRINT_KEPT]
        return outcome(state, command, Code.DUPLICATE if same else Code.MOVEMENT_ID_REUSED)
    before = state.level(command.sku, command.warehouse)
    deltas = deltas_of(command, before)
    counters: dict[str, Any] = {name: getattr(before, name) + delta for name, delta in deltas.items()}
    lots = lots_after(command, before)
    after = before._replace(**counters, arrivals=lots or ())
    refusal = refusal_of(state, command, before, after, lots)
    if refusal and not (refusal == Code.WOULD_BREAK_COMMITMENTS and command.force):
        return outcome(state, command, refusal)
    return apply(state, command, deltas, after.arrivals, forced=bool(refusal))


def deltas_of(command: Movement, before: Level) -> dict[str, int]:
    if command.type == MovementType.COUNT:
        return {"on_hand": command.quantity - before.on_hand, "unavailable": 0, "incoming": 0}
    signs = EFFECTS[MovementType(command.type)]
    names = ("on_hand", "unavailable", "incoming")
    return {name: sign * command.quantity for name, sign in zip(names, signs, strict=True)}


def lots_after(command: Movement, before: Level) -> tuple[Arrival, ...] | None:
    """The dated lots on their way after it; None: the lot that it names has not so many."""
    lots = {lot.expected_ms: lot.quantity for lot in before.arrivals}
    incoming = before.incoming + deltas_of(command, before)["incoming"]
    if command.expected_ms:
        units = command.quantity if command.type == MovementType.EXPECT else -command.quantity
        lots[command.expected_ms] = lots.get(command.expected_ms, 0) + units
    elif command.type == MovementType.ARRIVE:
        take(lots, command.quantity, sorted(lots))
    elif command.type == MovementType.CANCEL_EXPECTED:
        take(lots, sum(lots.values()) - incoming, sorted(lots, reverse=True))
    if min(lots.values(), default=0) < 0:
        return None
    return tuple(Arrival(expected_ms, lots[expected_ms]) for expected_ms in sorted(lots) if lots[expected_ms])


def take(lots: dict[int, int], units: int, order: list[int]) -> None:
    """So many units off the lots, one after the other."""
    for expected_ms in order:
        taken = max(0, min(units, lots[expected_ms]))
        lots[expected_ms] -= taken
        units -= taken


def refusal_of(
    state: State, command: Movement, before: Level, after: Level, lots: tuple[Arrival, ...] | None
) -> Code | None:
    """The first reason against it, in order of precedence."""
    if command.type == MovementType.COUNT and command.expected_on_hand not in ([], [before.on_hand]):
        return Code.STALE_COUNT
    if abs(after.on_hand) > ON_HAND_MAX or max(after.unavailable, after.incoming) > ON_HAND_MAX:
        return Code.OUT_OF_RANGE
    if len(after.arrivals) > ARRIVALS_MAX:
        return Code.TOO_MANY_ARRIVALS
    if lots is None or after.unavailable < 0 or after.incoming < before.in_transit:
        return Code.NOT_ENOUGH
    ahead = state.stock[command.sku].preorder_limit if command.sku in state.stock else UNSET
    if after.deficit(ahead) > before.deficit(ahead):
        return Code.WOULD_BREAK_COMMITMENTS
    return None


def apply(
    state: State, command: Movement, deltas: dict[str, int], arrivals: tuple[Arrival, ...], forced: bool
) -> MovementOutcome:
    state.move(command.sku, command.warehouse, **deltas)
    state.put_level(command.sku, state.level(command.sku, command.warehouse)._replace(arrivals=arrivals))
    if command.type == MovementType.COUNT:
        counted = state.level(command.sku, command.warehouse)._replace(counted_ms=state.now_ms)
        state.put_level(command.sku, counted)
    details = MovementDetails(
        digest=command.digest,
        fingerprint=command.fingerprint,
        quantity=command.quantity,
        reason=command.reason,
        reference=command.reference,
        forced=forced,
        arrivals=arrivals if command.type in ABOUT_ARRIVALS else (),
        expected_ms=command.expected_ms if command.type in ABOUT_ARRIVALS else 0,
    )
    state.remember(command.digest, command.fingerprint)
    about = Subject(command.client, command.movement_id, command.movement_id)
    state.log(command.type, about, None, details)
    return outcome(state, command, Code.APPLIED)


def outcome(state: State, command: Movement, code: str) -> MovementOutcome:
    return MovementOutcome(code, state.stock.get(command.sku))


# Policy and reading.


def set_policy(state: State, command: SetPolicy) -> StockOutcome:
    if command.sku not in state.stock:
        return StockOutcome(Code.UNKNOWN_SKU, None)
    stock = state.stock[command.sku]
    thresholds = merged(stock.thresholds, command.thresholds)
    if any(contradiction(threshold) for threshold in thresholds):
        return StockOutcome(Code.CONTRADICTORY, stock)
    if len(thresholds) > CHANNELS_MAX:
        return StockOutcome(Code.TOO_MANY_CHANNELS, stock)
    given: dict[str, Any] = {
        name: value
        for name, value in (("safety_stock", command.safety_stock), ("warn_below", command.warn_below))
        if value != UNSET
    }
    if command.warehouse:
        target = state.level(command.sku, command.warehouse)._replace(**given)
        state.put_level(command.sku, target)
        details = PolicyDetails(command.sku, command.warehouse, target.safety_stock, target.warn_below)
    else:
        ahead = command.preorder_limit[0] if command.preorder_limit else stock.preorder_limit
        stock = stock._replace(**given, preorder_limit=ahead, thresholds=thresholds)
        state.stock[command.sku] = stock
        details = PolicyDetails(command.sku, "", stock.safety_stock, stock.warn_below, ahead, thresholds)
    state.log(EventType.POLICY, Subject(command.client, command.op_id, command.sku), None, details)
    state.touch(command.sku)
    return StockOutcome(Code.APPLIED, state.stock[command.sku])


def read_stock(state: State, command: ReadStock) -> StockOutcome:
    stock = state.stock.get(command.sku)
    return StockOutcome(Code.FOUND if stock else Code.UNKNOWN_SKU, stock)
