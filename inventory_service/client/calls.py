"""A call seen through: repeated with the same id until it is answered, or until nobody may wait any longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from inventory_service.client.answers import Problem
from inventory_service.client.errors import InventoryError, OutcomeUnknown
from inventory_service.client.exchange import Answer, Failure, Request, T, Wire
from inventory_service.client.requests import new_id
from inventory_service.client.retries import Retry, wait_seconds

# The service answers within 5 s, lists within 15 s; the rest is the way there and back.
ATTEMPT_SECONDS = 7.0
LIST_ATTEMPT_SECONDS = 17.0
ATTEMPT_SECONDS_MIN = 0.01  # 0 would mean: without a bound


class Caller:
    """`pause` waits between attempts."""

    def __init__(self, wire: Wire, retry: Retry, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.wire = wire
        self.retry = retry
        self.pause = pause

    async def call(self, request: Request[T], retry: Retry | None = None) -> Answer[T]:
        """The answer. Raises InventoryError."""
        retry = retry or self.retry
        deadline = time.monotonic() + retry.total_seconds + request.waits_seconds
        call_id = new_id("req")
        doubtful = False
        attempt = 0
        while True:
            attempt += 1
            seconds = min(_attempt_seconds(request, retry), deadline - time.monotonic())
            outcome = await self.wire.attempt(request, max(ATTEMPT_SECONDS_MIN, seconds), f"{call_id}.{attempt}")
            if isinstance(outcome, Answer):
                return outcome
            doubtful = doubtful or outcome.doubtful
            wait = wait_seconds(attempt, (outcome.error.retry_after_ms or 0) / 1000)
            if not outcome.repeatable or attempt >= retry.attempts or time.monotonic() + wait >= deadline:
                raise _verdict(request, outcome, doubtful)
            await self.pause(wait)


def _attempt_seconds(request: Request[T], retry: Retry) -> float:
    seconds = retry.attempt_seconds or (LIST_ATTEMPT_SECONDS if request.takes_list else ATTEMPT_SECONDS)
    return seconds + request.waits_seconds


def _verdict(request: Request[T], last: Failure, doubtful: bool) -> InventoryError:
    """What the last attempt said, unless an earlier one may have happened and the last does not tell."""
    if not doubtful or last.settles:
        return last.error
    problem = Problem(
        code="outcome_unknown",
        status=last.error.status,
        detail=f"{request.method} {request.path} may have happened; repeat it with the same id. {last.error.detail}",
        request_id=last.error.request_id,
        retryable=True,
        retry_after_ms=last.error.retry_after_ms,
    )
    unknown = OutcomeUnknown(problem, request.ids, request.reservation_id)
    unknown.__cause__ = last.error
    return unknown
