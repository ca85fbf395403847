"""The one table of problem codes, and the one function that turns an exception into a body."""

import math
from dataclasses import dataclass

import structlog
from msgspec import UNSET

from inventory_service.domain.errors import (
    InsufficientStock,
    NotReady,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    Refused,
)
from inventory_service.domain.outcomes import ShortageReason
from inventory_service.web.schemas.problems import Problem, ShortageBody

log = structlog.get_logger()

UNKNOWN_RETRY_AFTER_MS = 1000
DETAIL_MAX = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """One code: its HTTP status and what its page says. `retryable`: the same request may succeed later."""

    status: int
    title: str
    retryable: bool
    help: str


KINDS: dict[str, Kind] = {
    "malformed_json": Kind(400, "Not JSON", False, "The body is not valid JSON in UTF-8."),
    "bad_request": Kind(
        400, "Not HTTP as it should be", False, "The request line, a header or the transfer is broken."
    ),
    "idempotency_key_required": Kind(
        400, "Id missing", False, "Send `reservation_id` in the body or an `Idempotency-Key` header of the same form."
    ),
    "unauthenticated": Kind(
        401, "No valid key", False, "Send `Authorization: Bearer <api key>`, or a valid signature."
    ),
    "forbidden": Kind(403, "Scope missing", False, "The client's key does not have the scope that this call needs."),
    "not_found": Kind(404, "Not found", False, "Nothing here by this name."),
    "unknown_sku": Kind(404, "Unknown SKU", False, "A SKU comes to exist with its first stock movement."),
    "method_not_allowed": Kind(405, "Method not allowed", False, "The `Allow` header names what this path answers to."),
    "request_timeout": Kind(408, "Body too slow", True, "The body did not arrive in time."),
    "insufficient_stock": Kind(
        409,
        "Not enough stock",
        False,
        "`shortages` names every short line; nothing was held. `allow_partial` takes less.",
    ),
    "limit_exceeded": Kind(
        409, "Limit per order", False, "It is scarce: `detail` says how many units one order may have now."
    ),
    "reservation_expired": Kind(
        409,
        "Reservation expired",
        False,
        "Its deadline passed. `reacquire` takes the stock again if it is still there.",
    ),
    "reservation_released": Kind(409, "Reservation released", False, "It was given back, and that is final."),
    "reservation_shipped": Kind(409, "Reservation shipped", False, "Everything has left the building."),
    "not_held": Kind(409, "Not held", False, "Only a reservation with a running deadline can be extended."),
    "transfer_state": Kind(
        409,
        "Not in this state",
        False,
        "A transfer is a draft, then in transit, then received; a draft may be cancelled.",
    ),
    "would_break_commitments": Kind(
        409,
        "Promised already",
        False,
        "The warehouse would have less than it has promised; `force` does it anyway.",
    ),
    "payload_too_large": Kind(413, "Body too large", False, "64 KiB; calls that take lists 6 MiB."),
    "unsupported_media_type": Kind(
        415, "Not application/json", False, "Send `Content-Type: application/json` in UTF-8 and no `Content-Encoding`."
    ),
    "expectation_failed": Kind(417, "Expectation failed", False, "Of `Expect` only `100-continue` is known."),
    "validation_failed": Kind(422, "Not valid", False, "`pointer` and `detail` say which value is wrong, and how."),
    "idempotency_mismatch": Kind(
        422, "Same id, other content", False, "The id was used for something else. A new request needs a new id."
    ),
    "unknown_warehouse": Kind(422, "Unknown warehouse", False, "Create it with `PUT /v1/warehouses/{code}` first."),
    "rate_limited": Kind(429, "Too many requests", True, "Wait as `Retry-After` says."),
    "headers_too_large": Kind(
        431, "Header too large", False, "A header line is at most 8 KiB, and 128 lines all told."
    ),
    "internal": Kind(500, "Internal error", False, "A fault of the service; its log has the request id."),
    "not_ready": Kind(503, "Not ready", True, "The store cannot be asked now; nothing happened."),
    "overloaded": Kind(503, "Overloaded", True, "Turned away to keep the rest fast; nothing happened."),
    "outcome_unknown": Kind(
        503, "Outcome unknown", True, "It may have happened. Repeat it with the same id: it is never done twice."
    ),
}

# A refusal whose code is not listed is still a definite no, not a fault of the service.
UNLISTED = Kind(409, "Refused", False, "Refused; `detail` says why.")


def problem_of(error: Exception, request_id: str) -> Problem:
    """The body for `error`; one that nobody foresaw is logged with its traceback and becomes `internal`."""
    match error:
        case InsufficientStock():
            return build(error.code, error.detail, request_id, shortages=_shortages(error))
        case RateLimited():
            return build(error.code, error.detail, request_id, retry_after_ms=error.retry_after_ms)
        case Refused():
            return build(error.code, error.detail, request_id, pointer=error.pointer)
        case NotReady():
            return build("not_ready", str(error), request_id, retry_after_ms=error.retry_after_ms)
        case Overloaded():
            return build("overloaded", str(error), request_id, retry_after_ms=error.retry_after_ms)
        case OutcomeUnknown():
            detail = str(error) or KINDS["outcome_unknown"].help
            return build("outcome_unknown", detail, request_id, retry_after_ms=UNKNOWN_RETRY_AFTER_MS)
    log.error("request.failed", request_id=request_id, exc_info=error)
    return build("internal", "The service failed; its log has the details.", request_id)


def build(
    code: str,
    detail: str,
    request_id: str,
    *,
    pointer: str = "",
    retry_after_ms: int = 0,
    shortages: list[ShortageBody] | None = None,
    reasons: list[str] | None = None,
) -> Problem:
    """A problem body; what is empty is left out."""
    kind = KINDS.get(code, UNLISTED)
    return Problem(
        type=f"/problems/{code}",
        title=kind.title,
        status=kind.status,
        detail=detail[:DETAIL_MAX] or kind.help,
        code=code,
        request_id=request_id,
        retryable=kind.retryable,
        pointer=pointer or UNSET,
        retry_after_ms=retry_after_ms or UNSET,
        shortages=UNSET if shortages is None else shortages,
        reasons=UNSET if reasons is None else reasons,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """The headers that go with a problem's status."""
    if problem.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if problem.retry_after_ms is not UNSET:
        return {"Retry-After": str(math.ceil(problem.retry_after_ms / 1000))}
    return {}


def _shortages(error: InsufficientStock) -> list[ShortageBody]:
    return [
        ShortageBody(shortage.sku, shortage.requested, shortage.available, ShortageReason(shortage.reason))
        for shortage in error.shortages
    ]
