"""What Douyin signs: calls over their canonical JSON, callbacks the same way, messages over their raw bytes."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping

from inventory_service.domain.shops.credential import Credential

SIGN_METHODS = ("hmac-sha256", "md5")
TOLERANCE_MS = 10 * 60 * 1000


def canonical(parameters: Mapping[str, object]) -> str:
    """`param_json`: keys sorted at every depth, nothing escaped. Send the very text that was signed."""
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def signature(fields: Mapping[str, str], secret: str, sign_method: str) -> str:
    """Lower-case hexadecimal of the sorted `fields`, wrapped in the secret by both methods. The token is no field."""
    signed = "".join([secret, *(key + value for key, value in sorted(fields.items())), secret]).encode()
    if sign_method == "md5":
        return _md5(signed)
    return hmac.digest(secret.encode(), signed, "sha256").hex()


def event_signed(headers: Mapping[str, str], body: bytes, credentials: Iterable[Credential]) -> bool:
    """Whether one of the live credentials made the `event-sign` of this message. All are tried, whichever matches."""
    app_id, given = _bytes(headers.get("app-id", "")), _bytes(headers.get("event-sign", ""))
    matches = []
    for credential in credentials:
        key, secret = credential.app_key.encode(), credential.app_secret.encode()
        same_app = hmac.compare_digest(app_id, key)
        matches.append(hmac.compare_digest(given, _md5(key + body + secret).encode()) and same_app and bool(secret))
    return any(matches)


def _md5(signed: bytes) -> str:
    return hashlib.md5(signed, usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
