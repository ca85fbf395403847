"""One body of each problem code, for the OpenAPI document and the pages. Tests compare them with real answers."""

from typing import Any

from inventory_service.domain.outcomes import ShortageReason
from inventory_service.web.problems import build
from inventory_service.web.schemas.problems import Problem, ShortageBody

_REQUEST_ID = "req_019c3e8d4c5b0a1b2c3d4e5f6a"

# What is said of a code that is told in no more than words; "": its standing sentence.
_DETAILS = {
    "malformed_json": "JSON is malformed: expected ',' or '}' (byte 31)",
    "bad_request": "The path or the query is not UTF-8.",
    "idempotency_key_required": "",
    "unauthenticated": "Send `Authorization: Bearer <api key>`.",
    "forbidden": "wms-sha does not have the scope reserve.",
    "not_found": "There is no reservation order-1001.",
    "method_not_allowed": "",
    "request_timeout": "The body did not arrive within 5 s.",
    "reservation_expired": ("This reservation expired before the call reached the stock; `reacquire` takes it again."),
    "reservation_released": "This reservation was released; that is final.",
    "reservation_shipped": "Everything in this reservation has left the warehouse.",
    "not_held": "Only a held reservation can be extended.",
    "payload_too_large": "The body of this call is at most 64 KiB.",
    "unsupported_media_type": "Content-Type: send application/json in UTF-8.",
    "expectation_failed": "",
    "idempotency_mismatch": "This id was used before with other content.",
    "headers_too_large": "",
    "internal": "The service failed; its log has the details.",
}
# And of those that tell more.
_MEMBERS: dict[str, dict[str, Any]] = {
    "unknown_sku": {
        "detail": "There is no SKU TEE-RED-X: it comes to exist with its first movement.",
        "pointer": "/lines/0/sku",
    },
    "insufficient_stock": {
        "detail": "Not enough stock for every line; nothing is held.",
        "shortages": [ShortageBody("TEE-RED-M", 2, 1, ShortageReason.NOT_ENOUGH)],
    },
    "limit_exceeded": {
        "detail": "At most 2 of TEE-RED-M in one order, while there are so few of it.",
        "pointer": "/lines/0/quantity",
    },
    "would_break_commitments": {
        "detail": "TEE-RED-M: The origin would have less than it has promised; `force` sends it all the same.",
        "pointer": "/lines/0/quantity",
    },
    "transfer_state": {"detail": "Transfer tr-2026-11-1 is received."},
    "validation_failed": {"detail": "Expected `int` >= 1", "pointer": "/lines/0/quantity"},
    "unknown_warehouse": {"detail": "There is no warehouse PEX.", "pointer": "/allocation/warehouses/1"},
    "rate_limited": {"detail": "", "retry_after_ms": 1000},
    "not_ready": {"detail": "The gate is closed: the worker has not opened the store yet.", "retry_after_ms": 1000},
    "overloaded": {
        "detail": "New holds are suspended until the ledger has caught up or memory is free again.",
        "retry_after_ms": 500,
    },
    "outcome_unknown": {
        "detail": "No answer in time: it may have happened. Repeat it with the same id.",
        "retry_after_ms": 1000,
    },
}

EXAMPLES: dict[str, Problem] = {code: build(code, detail, _REQUEST_ID) for code, detail in _DETAILS.items()} | {
    code: build(code, request_id=_REQUEST_ID, **members) for code, members in _MEMBERS.items()
}
