"""Standard Webhooks signatures, verified on bytes.

Signed is `{webhook-id}.{webhook-timestamp}.{body}`; the header holds `v1,<base64 of HMAC-SHA256>`, several of them
separated by spaces while a secret rotates. Whatever the caller sends, the answer is yes or no, never an exception.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping

TOLERANCE_MS = 5 * 60 * 1000
SIGNATURES_MAX = 8  # more in one header is no rotation
WHSEC = "whsec_"

_ID = re.compile(r"[!-~]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def verified(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now_ms: int) -> bool:
    """Whether one of the live `secrets` signed this, within five minutes of `now_ms`."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(now_ms - int(timestamp) * 1000) > TOLERANCE_MS:
        return False
    given = list(_signatures(headers.get("webhook-signature", "")))
    signed = f"{message_id}.{timestamp}.".encode() + body
    matches = [
        hmac.compare_digest(signature, hmac.digest(key, signed, hashlib.sha256))
        for key in map(_key, secrets)
        if key
        for signature in given
    ]
    return any(matches)


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
