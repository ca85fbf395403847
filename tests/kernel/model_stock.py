"""The model's stock movements, policies and stock reads."""

from typing import Any

from inventory_service.domain.commands import Movement, ReadStock, SetPolicy
from inventory_service.domain.events import EventType, MovementDetails, PolicyDetails
from inventory_service.domain.movements import MovementType
from inventory_service.domain.outcomes import Code, MovementOutcome, StockOutcome
from inventory_service.domain.stock import ON_HAND_MAX, UNSET, Level
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
}


def move(state: State, command: Movement) -> MovementOutcome:
    kept = state.recall(command.digest)
    if kept is not None:
        same = kept == command.fingerprint[:FINGERPRINT_KEPT]
        return outcome(state, command, Code.DUPLICATE if same else Code.MOVEMENT_ID_REUSED)
    before = state.level(command.sku, command.warehouse)
    deltas = deltas_of(command, before)
    counters: dict[str, Any] = {name: getattr(before, name) + delta for name, delta in deltas.items()}
    after = before._replace(**counters)
    refusal = refusal_of(command, before, after)
    if refusal and not (refusal == Code.WOULD_BREAK_COMMITMENTS and command.force):
        return outcome(state, command, refusal)
    return apply(state, command, deltas, forced=bool(refusal))


def deltas_of(command: Movement, before: Level) -> dict[str, int]:
    if command.type == MovementType.COUNT:
        return {"on_hand": command.quantity - before.on_hand, "unavailable": 0, "incoming": 0}
    signs = EFFECTS[MovementType(command.type)]
    names = ("on_hand", "unavailable", "incoming")
    return {name: sign * command.quantity for name, sign in zip(names, signs, strict=True)}


def refusal_of(command: Movement, before: Level, after: Level) -> Code | None:
    """The first reason against it, in order of precedence."""
    if command.type == MovementType.COUNT and command.expected_on_hand not in ([], [before.on_hand]):
        return Code.STALE_COUNT
    if abs(after.on_hand) > ON_HAND_MAX or max(after.unavailable, after.incoming) > ON_HAND_MAX:
        return Code.OUT_OF_RANGE
    if min(after.unavailable, after.incoming) < 0:
        return Code.NOT_ENOUGH
    if after.deficit > before.deficit:
        return Code.WOULD_BREAK_COMMITMENTS
    return None


def apply(state: State, command: Movement, deltas: dict[str, int], forced: bool) -> MovementOutcome:
    state.move(command.sku, command.warehouse, **deltas)
    if command.type == MovementType.COUNT:
        counted = state.level(command.sku, command.warehouse)._replace(counted_ms=state.now_ms)
        state.put_level(command.sku, counted)
    details = MovementDetails(
        command.digest, command.fingerprint, command.quantity, command.reason, command.reference, forced
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
    given: dict[str, Any] = {
        name: value
        for name, value in (("safety_stock", command.safety_stock), ("warn_below", command.warn_below))
        if value != UNSET
    }
    if command.warehouse:
        target = state.level(command.sku, command.warehouse)._replace(**given)
        state.put_level(command.sku, target)
        after = (target.safety_stock, target.warn_below)
    else:
        stock = state.stock[command.sku]._replace(**given)
        state.stock[command.sku] = stock
        after = (stock.safety_stock, stock.warn_below)
    details = PolicyDetails(command.sku, command.warehouse, *after)
    state.log(EventType.POLICY, Subject(command.client, command.op_id, command.sku), None, details)
    state.touch(command.sku)
    return StockOutcome(Code.APPLIED, state.stock[command.sku])


def read_stock(state: State, command: ReadStock) -> StockOutcome:
    stock = state.stock.get(command.sku)
    return StockOutcome(Code.FOUND if stock else Code.UNKNOWN_SKU, stock)
