"""What TOP signs: all parameters that are not empty, sorted, without anything in between."""

import hashlib
import hmac
from collections.abc import Mapping

SIGN_METHODS = ("hmac-sha256", "hmac", "md5")


def signature(parameters: Mapping[str, str], secret: str, sign_method: str) -> str:
    """Upper-case hexadecimal. Only `md5` wraps the text in the secret; the others have it for a key."""
    signed = "".join(
        key + value for key, value in sorted(parameters.items()) if key and value and key != "sign"
    ).encode()
    key = secret.encode()
    if sign_method == "md5":
        return hashlib.md5(key + signed + key, usedforsecurity=False).hexdigest().upper()
    digest = {"hmac": "md5", "hmac-sha256": "sha256"}[sign_method]
    return hmac.digest(key, signed, digest).hex().upper()
