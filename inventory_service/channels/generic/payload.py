"""The contract with one's own shop: `generic/__init__.py` tells it."""

import json
import re
from datetime import UTC, datetime
from uuid import uuid4

from inventory_service.channels.calling import Answer, Call
from inventory_service.channels.calls import Document, document_of
from inventory_service.channels.documents import decoded, identifier, mapping, text
from inventory_service.channels.generic.signature import signed
from inventory_service.domain.shops.credential import Credential
from inventory_service.usecases.sync.adapter import (
    DETAIL_LENGTH_MAX,
    Arrived,
    ChannelError,
    CredentialRefused,
    Hint,
    NotUnderstood,
    Permanent,
    Refund,
    Reply,
    Temporary,
)

ACCEPTED = Reply(200, b"{}")
REFUSED = Reply(401, b"{}")
STALE = "stale_timestamp"

_REFUSED = {401: "app_secret", 403: "permission"}
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:\d\d)\Z")


class GenericDialect:
    def call(self, api: str, parameters: Document, credential: Credential, now_ms: int) -> Call:
        told = {"type": api, "timestamp": iso_time(now_ms), "data": parameters}
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"} | signed(f"msg_{uuid4().hex}", body, credential, now_ms)
        return Call(api, "", body, headers, {})

    def result(self, answer: Answer) -> Document:
        if answer.status >= 400:
            raise error_of(answer)
        return mapping(document_of(answer).get("data"), "data")


def error_of(answer: Answer) -> ChannelError:
    try:
        error = mapping(mapping(decoded(answer.body), "answer").get("error"), "error")
    except NotUnderstood:
        error = {}
    code = str(error.get("code", answer.status))
    detail = str(error.get("message", f"HTTP {answer.status}"))
    if code == STALE:  # this answer has told the right time: the next attempt signs with it
        return Temporary(detail, code)
    if answer.status in _REFUSED:
        return CredentialRefused(_REFUSED[answer.status], detail, code)
    return Permanent(detail, code)


def arrived(row: object) -> Arrived:
    document = mapping(row, "order")
    return Arrived(
        identifier(document.get("order_id"), "order_id"), time_ms(document.get("modified_at"), "modified_at"), document
    )


def refund(row: object) -> Refund:
    document = mapping(row, "refund")
    return Refund(
        identifier(document.get("refund_id"), "refund_id"),
        identifier(document.get("order_id"), "order_id"),
        time_ms(document.get("modified_at"), "modified_at"),
        document,
    )


def refusal(row: Document) -> Permanent:
    """Of one article's stock."""
    return Permanent(str(row.get("message", ""))[:DETAIL_LENGTH_MAX], str(row.get("code", ""))[:DETAIL_LENGTH_MAX])


def hint(body: bytes) -> Hint | None:
    """The order that a message is about, if it is about one."""
    message = mapping(decoded(body), "message")
    kind = text(message.get("type"), "type")
    if not kind.startswith(("order.", "refund.")):
        return None
    return Hint(identifier(mapping(message.get("data"), "data").get("order_id"), "order_id"), "")


def iso_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def time_ms(value: object, what: str) -> int:
    """Of a time with its offset: without one nobody knows when it was."""
    told = text(value, what)
    try:
        return round(datetime.fromisoformat(told).timestamp() * 1000) if _OFFSET.search(told) else _no_time(what)
    except ValueError:
        return _no_time(what)


def _no_time(what: str) -> int:
    raise NotUnderstood(f"{what} is no time with an offset")
