"""What monitors look at without a key: health, metrics, the OpenAPI document."""

import asyncio

from msgspec import UNSET

from inventory_service.telemetry.registry import EXPOSITION_TYPE, exposition
from inventory_service.web.answers import Answer, Call, json_answer, problem_answer
from inventory_service.web.problems import build
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.operations import Health

READY_RETRY_AFTER_MS = 1000


async def livez(_call: Call[None, NoQuery]) -> Answer:
    """Asks nothing: a store that is away is no reason to restart this process."""
    return json_answer(Health("alive"))


async def readyz(call: Call[None, NoQuery]) -> Answer:
    reasons = ["draining"] if call.process.draining else list(await call.services.readiness.reasons())
    if not reasons:
        return json_answer(Health("ready", list(await call.services.readiness.warnings()) or UNSET))
    problem = build(
        "not_ready",
        "; ".join(reasons),
        call.request_id,
        retry_after_ms=READY_RETRY_AFTER_MS,
        reasons=reasons,
    )
    return problem_answer(problem)


async def metrics(_call: Call[None, NoQuery]) -> Answer:
    # In a thread: with several processes it takes some milliseconds, in which nobody else would be answered.
    return Answer(200, await asyncio.to_thread(exposition), EXPOSITION_TYPE)


async def openapi(call: Call[None, NoQuery]) -> Answer:
    return Answer(200, call.process.document)
