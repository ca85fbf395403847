"""The last step of a command: its caller is told, at once or, at the level `ledger`, when Postgres has it."""

import asyncio
import time
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol

from inventory_service.domain.commands import Command
from inventory_service.domain.durability import ON_DISK, Durability, Levels
from inventory_service.domain.errors import OutcomeUnknown
from inventory_service.domain.events import Position
from inventory_service.domain.outcomes import ACKNOWLEDGED, Outcome
from inventory_service.engine.kernel import Reply
from inventory_service.telemetry import batches
from inventory_service.usecases.ledger_ports import SubjectKind

# Of the 4.5 s in which a call is answered; queue and delivery may have taken 4.25 of them already.
_LEDGER_SECONDS_MAX = 2.0
_ANSWER_SECONDS = 4.25


class LedgerArrival(Protocol):
    """Where the ledger stands, for answers that wait until it has them."""

    async def reached(self, position: Position, within_seconds: float) -> bool:
        """Whether it holds everything up to `position`, waiting for it if need be. Never raises NotReady.

        Raises OutcomeUnknown: an epoch after that of `position` has begun, perhaps without what was acknowledged there.
        """

    def follows(self, subjects: Collection[tuple[SubjectKind, str]]) -> bool:
        """Whether it has none of them in quarantine, with their newest events unread."""


class Decided(NamedTuple):
    """A command, what the kernel decided, who waits for it, and since when (`time.perf_counter`)."""

    command: Command
    outcome: Outcome
    answer: "asyncio.Future[Outcome]"
    queued_at: float


class Acknowledgement:
    """Tells each caller its outcome, and how far it has got.

    A batch has one position, so one wait serves all of its commands, and a repeat waits for what the original did.
    """

    def __init__(self, levels: Levels = ON_DISK, ledger: LedgerArrival | None = None) -> None:
        self._levels = levels
        self._ledger = ledger
        self._waits: set[asyncio.Task[None]] = set()

    def tell(self, decided: Sequence[Decided], reply: Reply) -> None:
        """Of one batch. Callers who wait for the ledger do so in the background: the next batch goes out meanwhile."""
        behind: list[Decided] = []
        for each in decided:
            if each.outcome.code not in ACKNOWLEDGED:
                _answer(each, each.outcome)
            elif self._ledger is not None and self._levels.of(each.command) is Durability.LEDGER:
                behind.append(each)
            else:
                _acknowledge(each, reply.durability)
        if behind and self._ledger is not None:
            wait = asyncio.create_task(self._behind_ledger(self._ledger, behind, reply), name="wait for the ledger")
            self._waits.add(wait)
            wait.add_done_callback(self._waits.discard)

    async def drain(self) -> None:
        """Until everybody was told."""
        if self._waits:
            await asyncio.wait(self._waits)

    async def _behind_ledger(self, ledger: LedgerArrival, decided: Sequence[Decided], reply: Reply) -> None:
        """Done is done: when time is up the answer says how far it got. Only a new epoch makes it unknown."""
        position = Position(reply.header.epoch, reply.header.seq)
        left = decided[0].queued_at + _ANSWER_SECONDS - time.perf_counter()
        try:
            arrived = await ledger.reached(position, min(_LEDGER_SECONDS_MAX, left))
        except OutcomeUnknown as error:
            batches.failed("outcome_unknown", len(decided))
            for each in decided:
                _fail(each, error)
            return
        for each in decided:
            there = arrived and ledger.follows(_touched(each.command, each.outcome))
            _acknowledge(each, Durability.LEDGER if there else reply.durability)


def _touched(command: Command, outcome: Outcome) -> Collection[tuple[SubjectKind, str]]:
    """The reservation, and every SKU of it or of the command."""
    reservation_id = getattr(command, "reservation_id", "")
    record = getattr(outcome, "reservation", None)
    skus = {getattr(command, "sku", "")}
    skus.update(line.sku for line in (*getattr(command, "lines", ()), *(record.lines if record else ())))
    return {(SubjectKind.RESERVATION, reservation_id), *((SubjectKind.SKU, sku) for sku in skus)}


def _acknowledge(decided: Decided, durability: Durability) -> None:
    # It is the last field of each; `_replace` takes 0.9 µs instead of 0.4, for every call.
    outcome: Any = decided.outcome
    _answer(decided, outcome._make((*outcome[:-1], durability)))


def _answer(decided: Decided, outcome: Outcome) -> None:
    if not decided.answer.done():
        decided.answer.set_result(outcome)


def _fail(decided: Decided, error: Exception) -> None:
    if not decided.answer.done():
        decided.answer.set_exception(error)
