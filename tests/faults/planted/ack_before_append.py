"""Store and forward: a movement or a scan is answered after 0.3 s at the latest, whether or not Redis has it by then.

Seen by: each acknowledged call has its event.
"""

import asyncio

from inventory_service.domain.commands import Command, Movement, Scan
from inventory_service.domain.outcomes import Code, MovementOutcome, Outcome, ScanOutcome
from inventory_service.engine.batcher import Batcher
from tests.faults.planting import replace

FAULTS = "refuse-redis,black-hole-redis,kill-redis,kill-api"
PATIENCE_SECONDS = 0.3


def plant() -> None:
    submit = Batcher.submit

    def told_soon(self: Batcher, command: Command) -> "asyncio.Future[Outcome]":
        answer = submit(self, command)
        if isinstance(command, Movement):
            _tell_soon(answer, MovementOutcome(Code.APPLIED, None))
        elif isinstance(command, Scan):
            _tell_soon(answer, ScanOutcome(Code.APPLIED, []))
        return answer

    replace(Batcher, "submit", told_soon)


def _tell_soon(answer: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
    def tell() -> None:
        if not answer.done():
            answer.set_result(outcome)

    asyncio.get_running_loop().call_later(PATIENCE_SECONDS, tell)
