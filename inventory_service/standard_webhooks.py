"""Standard Webhooks signatures, made and verified on bytes. Needs the standard library alone: the client signs with it.

Signed is `{webhook-id}.{webhook-timestamp}.{body}`; the header holds `v1,<base64 of HMAC-SHA256>`, several of them
separated by spaces while a secret rotates. Whatever a caller sends, the answer of `verified` is yes or no, never an
exception.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping

TOLERANCE_MS = 5 * 60 * 1000
SIGNATURES_MAX = 8  # more in one header is no rotation
WHSEC = "whsec_"

_ID = re.compile(r"[!-~]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def signed_headers(message_id: str, body: bytes, secret: str, now_ms: int) -> dict[str, str]:
    """The three headers of a message that is sent at `now_ms`. Raises ValueError for what is no `whsec_…` secret."""
    key = _key(secret)
    if not key:
        raise ValueError("a webhook secret is whsec_ and base64, as `keys create --webhook` shows it")
    timestamp = str(now_ms // 1000)
    signature = b64encode(_hmac(key, message_id, timestamp, body)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def verified(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now_ms: int) -> bool:
    """Whether one of the live `secrets` signed this, within five minutes of `now_ms`."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(now_ms - int(timestamp) * 1000) > TOLERANCE_MS:
        return False
    given = list(_signatures(headers.get("webhook-signature", "")))
    expected = [_hmac(key, message_id, timestamp, body) for key in map(_key, secrets) if key]
    matches = [hmac.compare_digest(signature, right) for right in expected for signature in given]
    return any(matches)


def _hmac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)


def _signatures(header: str) -> Iterator[bytes]:
    """The `v1` signatures of a header; what is not one is passed over."""
    for part in header.split(" ", SIGNATURES_MAX)[:SIGNATURES_MAX]:
        version, _, text = part.partition(",")
        if version == "v1":
            yield _decoded(text)


def _key(secret: str) -> bytes:
    return _decoded(secret.removeprefix(WHSEC))


def _decoded(text: str) -> bytes:
    """The bytes of a base64 text, none where it is not one."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
