"""One question to the service, asked until the answer is definite, always with the same id."""

import os
from collections.abc import Collection, Mapping
from typing import Any

import gevent
import orjson
from locust.contrib.fasthttp import FastHttpSession
from locust.event import EventHook

from inventory_service.loadtest.series import Outcome
from inventory_service.outside.answer import Answer

API_KEY_VARIABLE = "LOADTEST_API_KEY"  # not INVENTORY_…: the service refuses settings that it does not know
ATTEMPTS_MAX = 10
RETRY_WAIT_MAX_S = 5.0
RETRY_WAIT_DEFAULT_S = 0.2
TIMEOUT_S = 20.0
CONCURRENCY = 8

HEADERS = {"Authorization": f"Bearer {os.environ.get(API_KEY_VARIABLE, '')}", "Content-Type": "application/json"}


def quiet_session(host: str) -> FastHttpSession:
    """For questions that are no part of the load: seeding, looking, checking."""
    return FastHttpSession(
        host,
        EventHook(),
        None,
        headers=HEADERS,
        concurrency=CONCURRENCY,
        network_timeout=TIMEOUT_S,
        connection_timeout=TIMEOUT_S,
    )


def settle(
    session: FastHttpSession,
    method: str,
    path: str,
    route: str,
    body: Mapping[str, Any] | None = None,
    refusals: Collection[str] = (),
    retries: dict[str, int] | None = None,
) -> Answer:
    """The answer, definite unless the service gave none in `ATTEMPTS_MAX` attempts.

    Locust's statistics name it by `route`; a code in `refusals` is a success there, and an attempt that has to be
    repeated stands apart, as "… (again)". `retries` counts those by reason.
    """
    doubtful, answer = False, Answer(0, {})
    for attempt in range(1, ATTEMPTS_MAX + 1):
        answer, wait_s = _ask(session, method, path, route, body, refusals, last=attempt == ATTEMPTS_MAX)
        if answer.definite or attempt == ATTEMPTS_MAX:
            break
        if retries is not None:
            reason = answer.code or "no answer"
            retries[reason] = retries.get(reason, 0) + 1
        doubtful = doubtful or answer.may_have_happened
        gevent.sleep(wait_s)
    return Answer(answer.status, answer.body, answer.replayed, doubtful)


def _ask(
    session: FastHttpSession,
    method: str,
    path: str,
    route: str,
    body: Mapping[str, Any] | None,
    refusals: Collection[str],
    *,
    last: bool,
) -> tuple[Answer, float]:
    data = None if body is None else orjson.dumps(body)
    with session.request(method, path, name=route, data=data, catch_response=True) as response:
        answer = _read(response)
        outcome = _outcome(answer, refusals, last)
        response.request_meta["context"] = {"outcome": outcome}
        if outcome is Outcome.FAILED:
            response.failure(f"{answer.status} {answer.code}" if answer.status else f"no answer: {response.error!r}")
        else:
            response.success()
        if outcome is Outcome.RETRIED:
            response.request_meta["name"] += " (again)"
        return answer, _wait_s(response, answer)


def _read(response: Any) -> Answer:
    status = response.status_code or 0
    try:
        decoded = orjson.loads(response.content or b"{}")
    except orjson.JSONDecodeError:
        return Answer(0 if status < 400 else status, {})  # a success that was cut in the middle is no answer
    headers = response.headers or {}
    replayed = headers.get("Idempotent-Replayed") == "true"
    return Answer(status, decoded if isinstance(decoded, dict) else {}, replayed)


def _outcome(answer: Answer, refusals: Collection[str], last: bool) -> Outcome:
    if not answer.definite:
        return Outcome.FAILED if last else Outcome.RETRIED
    if answer.code in refusals:
        return Outcome.REFUSED
    return Outcome.DONE if answer.status < 400 else Outcome.FAILED


def _wait_s(response: Any, answer: Answer) -> float:
    """As long as the service asks for: `retry_after_ms` says finer what the header Retry-After says in seconds."""
    if answer.body.get("retry_after_ms"):
        return min(RETRY_WAIT_MAX_S, float(answer.body["retry_after_ms"]) / 1000)
    asked = (response.headers or {}).get("Retry-After", "")
    return min(RETRY_WAIT_MAX_S, float(asked)) if asked.isdigit() else RETRY_WAIT_DEFAULT_S
