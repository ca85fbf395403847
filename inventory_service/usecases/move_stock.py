"""Goods come in, are counted, set aside, written off: everything that changes stock but a sale."""

from collections.abc import Sequence
from contextlib import suppress

from inventory_service.domain import ids
from inventory_service.domain.codes import SKU_TAKEN
from inventory_service.domain.commands import Movement
from inventory_service.domain.errors import NotReady
from inventory_service.domain.movements import quantity_allowed
from inventory_service.domain.outcomes import Code, MovementOutcome
from inventory_service.usecases.all_or_unknown import settled
from inventory_service.usecases.ports import StockEngine, Warehouses
from inventory_service.usecases.read_stock import StockViews
from inventory_service.usecases.requests import MovementRequest, MovementResult

_POINTERS = {
    Code.MOVEMENT_ID_REUSED: "/movement_id",
    Code.STALE_COUNT: "/expected_on_hand",
    Code.OUT_OF_RANGE: "/quantity",
    Code.TOO_MANY_ARRIVALS: "/expected_at",
    Code.NOT_ENOUGH: "/quantity",
    Code.WOULD_BREAK_COMMITMENTS: "/quantity",
}


class MoveStock:
    def __init__(self, engine: StockEngine, warehouses: Warehouses, views: StockViews) -> None:
        self._engine = engine
        self._warehouses = warehouses
        self._views = views

    async def __call__(self, client: str, movements: Sequence[MovementRequest]) -> list[MovementResult]:
        """Apply movements in order, each judged on its own and applied once by its id; results in the same order.

        Raises NotReady or Overloaded when nothing happened, OutcomeUnknown when some may have: repeat all of them.
        """
        refused = [await self._refusal(movement) for movement in movements]
        outcomes = await settled(
            self._engine.movement(movement_command(client, movement))
            for movement, refusal in zip(movements, refused, strict=True)
            if refusal is None
        )
        with suppress(NotReady):  # what is done is done: a view that knows less must not make it an error
            await self._views.learn(level for outcome in outcomes if outcome.stock for level in outcome.stock.levels)
        judged = iter(outcomes)
        return [
            refusal or self._result(movement, next(judged))
            for movement, refusal in zip(movements, refused, strict=True)
        ]

    async def _refusal(self, movement: MovementRequest) -> MovementResult | None:
        """What can be told without the kernel."""
        if movement.sku == SKU_TAKEN:
            return MovementResult(movement.movement_id, "rejected", "validation_failed", "/sku")
        if not quantity_allowed(movement.type, movement.quantity):
            return MovementResult(movement.movement_id, "rejected", "validation_failed", "/quantity")
        if movement.warehouse in self._warehouses.all() or await self._warehouses.lookup(movement.warehouse):
            return None
        return MovementResult(movement.movement_id, "rejected", "unknown_warehouse", "/warehouse")

    def _result(self, movement: MovementRequest, outcome: MovementOutcome) -> MovementResult:
        stock = self._views.of_stock(movement.sku, outcome.stock) if outcome.stock else None
        if outcome.code in (Code.APPLIED, Code.DUPLICATE):
            return MovementResult(movement.movement_id, outcome.code, stock=stock, durability=outcome.durability)
        return MovementResult(
            movement.movement_id, "rejected", outcome.code, _POINTERS.get(Code(outcome.code), ""), stock
        )


def movement_digest(client: str, movement_id: str) -> str:
    """What is remembered of a movement id: unique per client."""
    return ids.digest("movement", client, movement_id)


def movement_command(client: str, movement: MovementRequest) -> Movement:
    return Movement(
        movement_id=movement.movement_id,
        digest=movement_digest(client, movement.movement_id),
        fingerprint=ids.fingerprint(movement.content),
        client=client,
        type=movement.type,
        sku=movement.sku,
        warehouse=movement.warehouse,
        quantity=movement.quantity,
        expected_on_hand=[] if movement.expected_on_hand is None else [movement.expected_on_hand],
        force=movement.force,
        reason=movement.reason,
        reference=movement.reference,
        expected_ms=movement.expected_ms,
    )
