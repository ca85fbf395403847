"""Undo what was applied twice because its id was older than what is remembered, so that stock is right again."""

from collections.abc import Mapping, Sequence

from inventory_service.domain import ids
from inventory_service.domain.commands import Movement, Reverse
from inventory_service.domain.events import EventType
from inventory_service.domain.movements import ABOUT_ARRIVALS, MovementType
from inventory_service.domain.outcomes import Code
from inventory_service.usecases.ledger_ports import DuplicateBook, DuplicateState, UsedAgain
from inventory_service.usecases.ports import LedgerReader, StockEngine

CLIENT = "inventory-service"
DUPLICATES_MAX = 100
LOOK_APART_S = 1.0
_DONE = frozenset({Code.APPLIED, Code.DUPLICATE})
# What takes each type back: a type, and the sign of its quantity. on_hand falls before anything else moves, so that
# nothing is for sale twice in between.
_INVERSES: Mapping[str, Sequence[tuple[MovementType, int]]] = {
    MovementType.RECEIVE: ((MovementType.ADJUST, -1),),
    MovementType.ADJUST: ((MovementType.ADJUST, -1),),
    MovementType.QUARANTINE: ((MovementType.RESTORE, 1),),
    MovementType.RESTORE: ((MovementType.QUARANTINE, 1),),
    MovementType.WRITE_OFF: ((MovementType.RETURN, 1),),
    MovementType.RETURN: ((MovementType.WRITE_OFF, 1),),
    MovementType.EXPECT: ((MovementType.CANCEL_EXPECTED, 1),),
    MovementType.CANCEL_EXPECTED: ((MovementType.EXPECT, 1),),
    MovementType.ARRIVE: ((MovementType.ADJUST, -1), (MovementType.EXPECT, 1)),
}


class Compensate:
    """Asks the ledger what was applied twice. The ids of what it sends come from the event that it undoes: sent again
    after a lost answer or by a second worker, it is done once.
    """

    def __init__(self, engine: StockEngine, ledger: LedgerReader, book: DuplicateBook) -> None:
        self._engine = engine
        self._ledger = ledger
        self._book = book

    async def run_once(self) -> float:
        """Seconds until the next look. Raises NotReady, Overloaded, OutcomeUnknown: repeat it."""
        for again in await self._book.uncompensated(DUPLICATES_MAX):
            state, how = await self._undo(again)
            await self._book.settle(again.seq, state, how)
        return LOOK_APART_S

    async def _undo(self, again: UsedAgain) -> tuple[DuplicateState, str]:
        """How it was done, or why not, in words."""
        if again.kind == EventType.SCAN:
            code = await self._reverse(reverse_of(again))
            return _settled(code), f"scan reversed: {code}"
        told = []
        for movement in inverse_of(again):
            code = (await self._engine.movement(movement)).code
            told.append(f"{movement.type} {movement.quantity}: {code}")
            if code not in _DONE:
                return DuplicateState.REFUSED, ", ".join(told)
        return DuplicateState.COMPENSATED, ", ".join(told) or "it had changed nothing"

    async def _reverse(self, command: Reverse) -> str:
        code = (await self._engine.scan(command)).code
        if code == Code.ABSENT and (stored := await self._ledger.reservation(command.reservation_id)):
            code = (await self._engine.scan(command._replace(carried=[stored.record]))).code
        return code


def inverse_of(again: UsedAgain) -> list[Movement]:
    """The movements that undo one."""
    if again.kind == MovementType.COUNT:
        return [_movement(again, 1, MovementType.ADJUST, -again.delta)] if again.delta else []
    inverses = enumerate(_INVERSES[again.kind], 1)
    return [_movement(again, n, kind, sign * again.quantity) for n, (kind, sign) in inverses]


def reverse_of(again: UsedAgain) -> Reverse:
    """As a person would resolve the exception that it may have opened, which closes with it."""
    return Reverse(
        exception_id=again.exception_id,
        digest=ids.digest("reverse", again.exception_id),
        client=CLIENT,
        reservation_id=again.reservation_id,
        warehouse=again.warehouse,
        sku=again.sku,
        quantity=again.quantity,
        fitted=list(again.fitted),
        note=_reason(again),
        carried=[],
    )


def _movement(again: UsedAgain, n: int, kind: MovementType, quantity: int) -> Movement:
    movement_id = f"undo.{again.event_id}.{n}"
    return Movement(
        movement_id=movement_id,
        digest=ids.digest("movement", CLIENT, movement_id),
        fingerprint=ids.fingerprint({"undo": again.event_id, "step": n}),
        client=CLIENT,
        type=kind,
        sku=again.sku,
        warehouse=again.warehouse,
        quantity=quantity,
        expected_on_hand=[],
        force=True,
        reason=_reason(again),
        reference=again.event_id,
        expected_ms=again.expected_ms if kind in ABOUT_ARRIVALS else 0,
    )


def _reason(again: UsedAgain) -> str:
    return f"{again.kind} {again.name} was applied twice"


def _settled(code: str) -> DuplicateState:
    return DuplicateState.COMPENSATED if code in _DONE else DuplicateState.REFUSED
