"""What schemathesis cannot read out of the document: it loads this file by its name in `schemathesis.toml`.

No check is switched off here. A failure is dropped only where the contract asks for the very answer that was given, and
each of those answers is named.
"""

import json
import os
from base64 import urlsafe_b64decode
from collections import deque
from contextlib import suppress
from itertools import count
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import AllowHeaderMismatch, RejectedPositiveData

from inventory_service.web.schemas.fields import INTEGER_MAX
from inventory_service.web.schemas.outbound import WAIT_SECONDS_MAX
from inventory_service.web.shop_examples import MAPPING
from tests.proving.goods import HELD, SHIPPED

# Refusals of well-formed requests, by code: why no schema can tell that the request would be refused.
REFUSED_BY_CODE = {
    "idempotency_mismatch": "whether an id was used before is state",
    "idempotency_key_required": "the id may come in the body or in a header, and no schema spans both",
    "unknown_warehouse": "whether a warehouse exists is state",
}
# The same of `validation_failed`, by the words in `detail`.
REFUSED_BY_WORDS = {
    "This cursor is not one of this list": "a cursor is opaque, nobody can make one up",
    "A release of a part needs a release_id": "the id may come in a header instead",
    "More of ": "how much of a reservation is open is state",
    "Expected at most 2048 bytes": "a schema counts keys and characters, not bytes",
    str(INTEGER_MAX): "in metadata a whole number that JavaScript would change is refused, though it is a number",
    "count together and must not pass": "a schema cannot add up the lines of one SKU",
    "This exception was ": "an exception is resolved once: state",
    "Only an applied scan can be reversed": "of which kind an exception is, is state",
    "Only a parked scan that can be read can be applied": "the same",
    "Say which reservation the scan belongs to": "what a parked scan lacks is state",
    "needs a `time_zone`": "which parts of a calendar need another one",
    "There is no time zone ": "the names of the IANA database are no pattern",
    " is before the first, ": "a schema cannot compare two dates",
    "are the same region: it has one price": "a schema cannot see that 31 and 310000 are one",
    "is both wanted and excluded": "a schema cannot compare two lists",
    " is named twice": "a schema cannot see that two lines name one SKU",
    "Goods move from one warehouse to another": "a schema cannot compare two members",
    "Expected a time since 1970": "`date-time` has no least value",
    "More damaged than received": "the same",
    "Expected a time from 1970 to 9999": "`date-time` has no least value, and no greatest",
    "The transfer has no line of ": "what a transfer brings is state",
    "This counts over all warehouses": "which thresholds go with a `warehouse`",
    "A limit needs `limit_quantity`": "it may have been set before: state",
    "A pause that begins no later than the limit": "a schema cannot compare two members, or one with what is set",
    "is a shop of ": "the channel of a shop that exists is state",
    "There is no channel ": "which there are is no pattern, since one's own may be added",
    " speaks what it speaks": "a schema cannot see that a channel of ours needs no `protocol`",
    "A channel's name is ": "that of one's own is narrower than an id",
    "mapping: ": "no schema can look into TOML",
    "Expected an address such as ": "which hosts and ports are none, no pattern tells",
    "There is no entry ": "what was told of an order is state",
    "The range ends before it begins, or lies in the future": "a schema cannot compare two members, or one with now",
    "A range is at most 366 days": "as there",
    "A `ship` takes nothing back": "of which kind an entry is, is state",
    "There is no reservation ": "whether the reservation of a parked scan exists is state",
}
# GET of such a path reads the thing of that name, told in the document as /v1/stock/{sku} and /v1/orders/{order_no}.
NAMES_TOO = {"/v1/stock/movements", "/v1/orders/erase"}
RANGES = {"POST /v1/channels/{shop}/check", "POST /v1/channels/{shop}/backfill"}
RANGE = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
RECEIVE = "POST /v1/stock/transfers/{transfer_id}/receive"
ANSWER = "POST /v1/wms/outbound-orders/{order_no}/{saying}"
WAITS = {str(seconds) for seconds in range(1, WAIT_SECONDS_MAX + 1)}
REPEAT_EVERY = 4  # one in so many reservations keeps its id and may be a repeat

MEMORY_CALLS = 12  # as many as a scenario has steps: what an answer named within them came by a link

_numbers = count()
# Reservations that are held, made before the run: see `goods.py`.
_held = [f"{os.environ.get('HELD', 'none')}-{number}" for number in range(HELD)]
# Transfers that have left, of the same delivery.
_shipped = [f"{os.environ.get('HELD', 'none')}-{number}" for number in range(SHIPPED)]
_told: deque[dict[str, Any]] = deque(maxlen=1)  # an entry of the feed
_orders: deque[str] = deque(maxlen=1)
_checks: deque[dict[str, str]] = deque(maxlen=1)  # shop and id
_named: deque[str] = deque(maxlen=MEMORY_CALLS)
_RUN = f"fresh-{os.getpid()}"


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Make what is meant to be right, right in what no schema can say, so that calls get past the first check."""
    if str((case.query or {}).get("wait_seconds")) in WAITS:
        case.query["wait_seconds"] = 0  # as it asked, nothing would be told for up to half a minute
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # JSON Schema calls 1.0 an integer. The contract refuses every float, which tests/acceptance has proven.
    case.body = _whole(case.body)
    if case.query and not _is_cursor_of_ours(case.query.get("cursor", "")):
        case.query.pop("cursor", None)
    if case.meta.phase.name in {"fuzzing", "stateful"} and isinstance(case.body, dict):
        case.body = _possible(case.operation.label, case.body, next(_numbers))
    # Hardly anything that is generated names a transfer that has left.
    if case.meta.phase.name == "fuzzing" and case.operation.label == RECEIVE and _shipped:
        case.path_parameters["transfer_id"] = _shipped.pop()
    if case.meta.phase.name == "fuzzing" and case.operation.label == ANSWER and _told:
        case.path_parameters["order_no"] = _told[0]["order_no"]
        if isinstance(case.body, dict):
            case.body |= {name: _told[0][name] for name in ("position", "warehouse")}
    _name_what_there_is(case)
    # A chain that begins in its middle begins with a reservation that is still held, not with one that ended long ago.
    given = case.path_parameters.get("reservation_id")
    if case.meta.phase.name == "stateful" and given and given not in _named and _held:
        case.path_parameters["reservation_id"] = _held.pop()


def _name_what_there_is(case: Case[Any]) -> None:
    """An order, or a check, that an answer has told of: links lead there by chance alone."""
    if case.meta is None or case.meta.phase.name != "fuzzing" or next(_numbers) % 2:
        return
    if case.operation.label == "GET /v1/orders/{order_no}" and _orders:
        case.path_parameters["order_no"] = _orders[0]
    if "{check_id}" in case.operation.label and _checks:
        case.path_parameters |= _checks[0]


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Remember which reservations the last answers named, and what a warehouse was told."""
    answer = _json(response)
    _orders.extend(each["order_no"] for each in answer.get("data", [])[:1] if "order_no" in each)
    if {"shop", "check_id"} <= answer.keys():
        _checks.append({name: answer[name] for name in ("shop", "check_id")})
    _told.extend(each for each in answer.get("data", [])[:1] if "position" in each)
    for named in [answer, *answer.get("data", [])[:1]]:
        _named.append(str(named.get("reservation_id", "")))


def _possible(operation: str, body: dict[str, Any], number: int) -> dict[str, Any]:
    """A reservation under an id that is free, a release of everything, a transfer that leaves as planned and of which
    nothing comes, a range of time since 1970, a mapping that is one: what is generated seldom hits any of them.
    """
    if operation == "POST /v1/reservations" and number % REPEAT_EVERY:
        return body | {"reservation_id": f"{_RUN}-{number}"}
    if operation == "POST /v1/reservations/{reservation_id}/release" and number % 2:
        return {}
    if operation == "POST /v1/stock/transfers/{transfer_id}/ship" and number % 2:
        return {}
    if operation == RECEIVE and number % 2:
        return {"receipt_id": f"{_RUN}-{number}", "lines": [], "close": True}
    if operation in RANGES and number % 2:
        return RANGE
    if operation == "PUT /v1/channels/shops/{shop}/mapping" and number % REPEAT_EVERY:
        return {"toml": f"{MAPPING['toml']}# {number}"}
    return body


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether the failure is one."""
    if isinstance(failure, RejectedPositiveData):
        return not _refusal_of_the_contract(response)
    if isinstance(failure, AcceptedNegativeData):
        return not (_nothing_is_wrong_with(case) or _refused_one_by_one(response))
    return not (isinstance(failure, AllowHeaderMismatch) and case.path in NAMES_TOO)


def _refusal_of_the_contract(response: Response) -> bool:
    problem = _json(response)
    if problem.get("code") == "validation_failed":
        return any(words in problem["detail"] for words in REFUSED_BY_WORDS)
    return problem.get("code") in REFUSED_BY_CODE


def _nothing_is_wrong_with(case: Case[Any]) -> bool:
    """Whether the generator says itself that it negated nothing after all, an optional body left out for example."""
    return case.meta is not None and case.meta.phase.data.description == "Positive test case"


def _refused_one_by_one(response: Response) -> bool:
    """Of a list each entry is judged on its own: the call succeeds, and a malformed entry has its refusal inside.

    A malformed scan is parked, and sent again it is a duplicate of the one that is parked.
    """
    return any(
        result.get("status") == 422 or result.get("result") in {"rejected", "parked", "duplicate"}
        for result in _json(response).get("results", [])
    )


def _whole(value: Any) -> Any:
    """The value with 1.0 written as 1, all the way down."""
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= INTEGER_MAX else value


def _is_cursor_of_ours(cursor: object) -> bool:
    with suppress(ValueError):
        text = str(cursor)
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).startswith((b'["', b"warehouses:", b"shops:"))
    return False


def _json(response: Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
