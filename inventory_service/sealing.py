"""What must not lie open on a disk: credentials of shops, and personal data of orders. AES-256-GCM."""

import os
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
VERSION_MAX = 255
_NONCE_BYTES = 12


class NotOpened(Exception):
    """Sealed with a key that is not at hand, for another place, or altered since."""


class Sealer:
    """Seals with the newest key, and opens what any of them sealed.

    What is sealed is bound to its place: `about` says whose it is, and another's does not open instead. The layout:
    a byte for the version of the key, 12 for the nonce, the ciphertext with its tag.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        """By version, at least one. Raises ValueError: a version beyond 1 to 255, a key that has not 32 bytes."""
        if not keys or not all(1 <= version <= VERSION_MAX for version in keys):
            raise ValueError("sealing keys have versions from 1 to 255")
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self.newest, self.versions = max(keys), frozenset(keys)

    def seal(self, content: bytes, about: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return bytes((self.newest,)) + nonce + self._ciphers[self.newest].encrypt(nonce, content, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises NotOpened."""
        cipher = self._ciphers.get(version_of(sealed))
        if cipher is None:
            raise NotOpened(f"no sealing key of version {version_of(sealed)} is at hand")
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, rest, about.encode())
        except (InvalidTag, ValueError):
            raise NotOpened(f"what is kept of {about} was altered, or is not of it") from None


def version_of(sealed: bytes) -> int:
    """Of the key that sealed it; 0: nothing did."""
    return sealed[0] if sealed else 0


def parse_keys(text: str) -> Mapping[int, bytes]:
    """`1:<base64>,2:<base64>` as it stands in the environment. Raises ValueError in words that repeat no key."""
    keys: dict[int, bytes] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        version, _, encoded = part.partition(":")
        try:
            keys[int(version)] = b64decode(encoded, validate=True)
        except (ValueError, NotBase64):
            raise ValueError("sealing keys are written 1:<base64 of 32 bytes>,2:…") from None
    return keys
