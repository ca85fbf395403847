"""Getting one batch to the kernel and its reply back, whatever the connection does in between."""

import asyncio
from collections.abc import Sequence

import structlog

from inventory_service.domain.commands import Command
from inventory_service.domain.errors import NotReady, OutcomeUnknown
from inventory_service.engine.kernel import Kernel, Reply
from inventory_service.engine.link import InDoubt, NotExecuted, OutOfMemory, ScriptFailed
from inventory_service.faultpoints import reached
from inventory_service.telemetry import batches

log = structlog.get_logger()

# Of the 5 s in which the contract promises an answer; the batcher's queue takes up to 1.5.
BATCH_SECONDS = 2.5
# A caller may be told "unknown" only once the kernel certainly refuses a late original.
CLOCK_MARGIN_SECONDS = 0.25
_ATTEMPT_SECONDS = 1.0
_PAUSE_SECONDS = 0.02
_UNSENT_MAX = 5
_SWEEPS_MAX = 200


class Delivery:
    """Delivers batches one at a time. Not for concurrent use."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def deliver(self, commands: Sequence[Command]) -> Reply:
        """The batch, repeated until it is answered or its time is up.

        A repeat carries the same operation ids and the same `not_after`: it changes nothing that a lost original
        did, and neither can run any more once the callers were told that the outcome is unknown.

        Raises NotReady (it did not run), OutcomeUnknown (it may have), ScriptFailed.
        """
        attempt = _Attempts(self._kernel, commands)
        while attempt.goes_on():
            reply = await attempt.once()
            if reply is not None:
                return reply
            reached("batch.repeated")
            await asyncio.sleep(_PAUSE_SECONDS)
        raise await attempt.verdict()

    async def sweep(self) -> None:
        """Expire everything that is due and store the clock: an empty batch is a tick. Raises as `deliver`."""
        for _ in range(_SWEEPS_MAX):
            if not (await self.deliver([])).header.more_due:
                return

    async def close(self) -> None:
        await self._kernel.close()


class _Attempts:
    """The attempts at one batch: how often it was certainly not run, and whether it may have been."""

    def __init__(self, kernel: Kernel, commands: Sequence[Command]) -> None:
        self._kernel = kernel
        self._commands = commands
        self._clock = asyncio.get_running_loop().time
        self._ends_at = self._clock() + BATCH_SECONDS
        self._not_after_ms = 0.0
        self._in_doubt = False
        self._too_late = False
        self._unsent = 0
        self._problem = "The store did not answer in time."

    def goes_on(self) -> bool:
        if self._too_late or self._clock() >= self._ends_at:
            return False
        return self._in_doubt or self._unsent <= _UNSENT_MAX

    async def once(self) -> Reply | None:
        """One attempt; None: it is to be repeated."""
        left_seconds = self._ends_at - self._clock()
        try:
            if not self._not_after_ms:
                self._not_after_ms = await self._kernel.now_ms() + left_seconds * 1000
            reply = await self._kernel.run(self._commands, self._not_after_ms, min(_ATTEMPT_SECONDS, left_seconds))
        except InDoubt as error:
            self._in_doubt, self._problem = True, str(error)
            batches.attempt_failed("in_doubt")
            return None
        except (NotExecuted, OutOfMemory, NotReady) as error:
            self._unsent, self._problem = self._unsent + 1, str(error)
            batches.attempt_failed(_reason_of(error))
            return None
        except ScriptFailed as error:
            if not self._in_doubt:
                raise
            self._too_late, self._problem = True, str(error)  # of this attempt: the one in doubt may have done it
            return None
        if reply.header.status == "ok":
            return reply
        self._unsent, self._problem = self._unsent + 1, f"The store refused the batch: {reply.header.status}."
        batches.attempt_failed(reply.header.status)
        if reply.header.status == "late":
            # In doubt it is the end. Else Redis's clock was ahead of the estimate, which the reply has corrected.
            self._too_late, self._not_after_ms = self._in_doubt, 0.0
        return None

    async def verdict(self) -> NotReady | OutcomeUnknown:
        if not self._in_doubt:
            return NotReady(self._problem)
        log.warning("batch.outcome_unknown", reason=self._problem, commands=len(self._commands))
        await asyncio.sleep(max(0.0, self._ends_at + CLOCK_MARGIN_SECONDS - self._clock()))
        return OutcomeUnknown(self._problem)


def _reason_of(error: NotExecuted | OutOfMemory | NotReady) -> str:
    if isinstance(error, OutOfMemory):
        return "out_of_memory"
    return "not_ready" if isinstance(error, NotReady) else "not_executed"
