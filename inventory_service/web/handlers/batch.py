"""Many reservation operations in one call, in order, each judged on its own."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from inventory_service.usecases.requests import ReservationResult
from inventory_service.web import body
from inventory_service.web.answers import JSON, Answer, Call, problem_answer
from inventory_service.web.handlers.reservations import (
    acted_answer,
    confirming,
    extending,
    held_answer,
    releasing,
    reservation_id_of,
    reserving,
)
from inventory_service.web.problems import problem_of
from inventory_service.web.schemas.batch import (
    AnyOperation,
    BatchBody,
    ConfirmOperation,
    ExtendOperation,
    ReleaseOperation,
    ReserveOperation,
)
from inventory_service.web.schemas.lists import NoQuery

_operation = msgspec.json.Decoder(AnyOperation)


async def batch(call: Call[BatchBody[msgspec.Raw], NoQuery]) -> Answer:
    # Everything is queued before the first answer is awaited: that is what keeps the order.
    queued = [_queue(call, raw) for raw in call.body.operations]
    answers = await asyncio.gather(*queued)
    return Answer(200, b'{"results":[' + b",".join(map(_result, answers)) + b"]}", JSON)


def _queue(call: Call[BatchBody[msgspec.Raw], NoQuery], raw: msgspec.Raw) -> Awaitable[Answer]:
    try:
        operation = body.decode(_operation, raw)
        queued = _submit(call, operation)
    except Exception as error:  # noqa: BLE001  # its neighbours proceed, whatever it was
        return _refused(call, error)
    return _settled(call, queued, held_answer if isinstance(operation, ReserveOperation) else acted_answer)


def _submit(call: Call[BatchBody[msgspec.Raw], NoQuery], operation: AnyOperation) -> Awaitable[ReservationResult]:
    match operation:
        case ReserveOperation():
            reservation_id = reservation_id_of(call.client, operation)
            return reserving(call.services, call.client, reservation_id, operation)
        case ConfirmOperation():
            return confirming(call.services, call.client, operation.reservation_id, operation, "")
        case ReleaseOperation():
            return releasing(call.services, call.client, operation.reservation_id, operation, "")
        case ExtendOperation():
            return extending(call.services, call.client, operation.reservation_id, operation, "")


async def _settled(
    call: Call[BatchBody[msgspec.Raw], NoQuery],
    queued: Awaitable[ReservationResult],
    answer: Callable[[ReservationResult], Answer],
) -> Answer:
    try:
        return answer(await queued)
    except Exception as error:  # noqa: BLE001  # its neighbours proceed, whatever it was
        return problem_answer(problem_of(error, call.request_id))


async def _refused(call: Call[BatchBody[msgspec.Raw], NoQuery], error: Exception) -> Answer:
    return problem_answer(problem_of(error, call.request_id))


def _result(answer: Answer) -> bytes:
    replayed = b',"idempotent_replayed":true' if "Idempotent-Replayed" in answer.headers else b""
    return b'{"status":%d%b,"body":%b}' % (answer.status, replayed, answer.body)
