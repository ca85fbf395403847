"""Group commit in front of the kernel.

An idle batcher sends a command at once; while a batch is in flight the next one collects, so nobody waits for a
timer. One batch is in flight at a time, first in first out, and a batch whose reply was lost is repeated before
newer ones: with two connections 93 of 3,000 confirms overtook their reserve.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from inventory_service.domain.commands import Command
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded, ServiceError
from inventory_service.domain.outcomes import Code, Outcome
from inventory_service.engine.acknowledgement import Acknowledgement, Decided
from inventory_service.engine.codec import decode_outcome, line_count
from inventory_service.engine.delivery import Delivery
from inventory_service.engine.kernel import Reply
from inventory_service.engine.link import ScriptFailed
from inventory_service.faultpoints import reached
from inventory_service.telemetry import batches, tracing
from inventory_service.telemetry.context import Request, current

log = structlog.get_logger()

COMMANDS_MAX = 256
LINES_MAX = 400
QUEUE_MAX = 10_000
QUEUE_SECONDS_MAX = 1.5  # of the 5 s in which the contract promises an answer; delivery takes up to 2.75


class Waiting(NamedTuple):
    """A queued command, who waits for it, and the request that sent it."""

    command: Command
    answer: asyncio.Future[Outcome]
    queued_at: float
    request: Request | None


class Batcher:
    """Queue, one loop, one delivery. `submit` must be called on the loop's thread."""

    def __init__(self, delivery: Delivery, lane: str, acknowledgement: Acknowledgement) -> None:
        self._delivery = delivery
        self._acknowledgement = acknowledgement
        self._lane = batches.Lane(lane)
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._at_work: Sequence[Waiting] = ()
        self._stopping = False

    @property
    def wait_seconds(self) -> float:
        """How long the oldest command that has no outcome yet has waited, on its way to the kernel included."""
        oldest = self._at_work[0] if self._at_work else self._queue[0] if self._queue else None
        return time.perf_counter() - oldest.queued_at if oldest else 0.0

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Queue a command; its outcome, or NotReady, Overloaded, OutcomeUnknown from the future."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if self._stopping:
            answer.set_exception(NotReady("The service is stopping."))
            batches.failed("stopping")
        elif len(self._queue) >= QUEUE_MAX:
            answer.set_exception(Overloaded(f"{QUEUE_MAX} commands are waiting already."))
            batches.failed("queue_full")
        else:
            self._queue.append(Waiting(command, answer, time.perf_counter(), current.get()))
            self._arrived.set()
        return answer

    async def run(self) -> None:
        """Serve until stopped and empty."""
        while not (self._stopping and not self._queue):
            await self._arrived.wait()
            self._at_work = batch = self._take()
            if batch:
                await self._answer(batch)
            self._at_work = ()
            if not self._queue and not self._stopping:
                self._arrived.clear()
        await self._delivery.close()
        await self._acknowledgement.drain()

    def stop(self) -> None:
        """Take nothing new; what is queued is still answered, then `run` returns."""
        self._stopping = True
        self._arrived.set()

    def _take(self) -> list[Waiting]:
        """The next batch: as many as fit, less those who waited too long for anyone to want the answer."""
        batch: list[Waiting] = []
        lines = 0
        now = time.perf_counter()  # uvloop's own clock counts whole milliseconds
        while self._queue and len(batch) < COMMANDS_MAX:
            more = line_count(self._queue[0].command)
            if lines + more > LINES_MAX and batch:
                break
            waiting = self._queue.popleft()
            if waiting.queued_at < now - QUEUE_SECONDS_MAX:
                _fail([waiting], Overloaded("The queue is longer than its callers can wait."))
                batches.failed("queue_slow")
            else:
                lines += more
                batch.append(waiting)
        if batch:
            self._lane.taken(len(batch), lines, now - batch[0].queued_at, len(self._queue))
        return batch

    async def _answer(self, batch: Sequence[Waiting]) -> None:
        """Run a batch and give each caller its own outcome; halve it when one command breaks the kernel."""
        started = time.perf_counter()
        reached("batch.taken")
        try:
            reply = await self._delivery.deliver([waiting.command for waiting in batch])
        except ServiceError as error:
            batches.failed("not_ready" if isinstance(error, NotReady) else "outcome_unknown", len(batch))
            _fail(batch, error)
        except ScriptFailed as error:
            await self._narrow_down(batch, error)
        except Exception as error:  # whatever it is, it must not end the loop that everybody waits for
            log.exception("batch.failed", commands=len(batch))
            batches.failed("internal", len(batch))
            _fail(batch, OutcomeUnknown(f"The service failed: {error}"))
        else:
            self._tell(batch, started)
            reached("batch.answered")
            await self._distribute(batch, reply)

    def _tell(self, batch: Sequence[Waiting], started: float) -> None:
        ended = time.perf_counter()
        self._lane.delivered(ended - started)
        if tracing.on():
            traced = [(waiting.request, waiting.queued_at) for waiting in batch]
            tracing.batched(traced, started, ended, len(batch))

    async def _narrow_down(self, batch: Sequence[Waiting], error: ScriptFailed) -> None:
        """Nothing was written before a script's error, except behind DIRTY: only the culprit may fail."""
        if str(error).startswith("DIRTY"):
            log.critical("kernel.failed_between_writes", error=str(error), commands=len(batch))
            batches.failed("outcome_unknown", len(batch))
            _fail(batch, OutcomeUnknown("The store failed half-way and is being rebuilt."))
        elif len(batch) == 1:
            (culprit,) = batch
            ids = culprit.request.ids() if culprit.request else {}
            log.error("command.failed", kind=type(culprit.command).__name__, error=str(error), **ids)
            batches.failed("script_failed")
            _fail(batch, error)
        else:
            middle = len(batch) // 2
            await self._answer(batch[:middle])
            await self._answer(batch[middle:])

    async def _distribute(self, batch: Sequence[Waiting], reply: Reply) -> None:
        again: list[Waiting] = []
        told: list[Decided] = []
        decided: Counter[tuple[type[Command], str]] = Counter()
        refused: set[str] = set()
        for waiting, packed in zip(batch, reply.outcomes, strict=True):
            outcome = decode_outcome(waiting.command, packed)
            reservation_id = getattr(waiting.command, "reservation_id", "")
            if outcome is None:
                again.append(waiting)
            elif reply.header.more_due and _is_shortage(outcome):
                # Stock that is due back may cover it: "sold out" is only said when nothing is left to sweep.
                again.append(waiting)
                refused.add(reservation_id)
            elif reservation_id in refused and outcome.code == Code.ABSENT:
                again.append(waiting)  # a confirm right behind its reserve: it has its place behind it again
            else:
                decided[type(waiting.command), outcome.code] += 1
                told.append(Decided(waiting.command, outcome, waiting.answer, waiting.queued_at))
        self._acknowledgement.tell(told, reply)
        batches.decided(decided)
        self._queue.extendleft(reversed(again))
        if refused:
            try:
                await self._delivery.sweep()
            except (ServiceError, ScriptFailed) as error:  # those who are asked again meet it themselves
                log.warning("sweep.failed", reason=str(error))


def _is_shortage(outcome: Outcome) -> bool:
    return outcome.code in (Code.INSUFFICIENT_STOCK, Code.LIMIT_EXCEEDED)


def _fail(batch: Sequence[Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
