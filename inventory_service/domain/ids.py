"""Ids, digests and fingerprints: how the service names things and recognises what it has seen."""

import json
import os
import random
import time
from base64 import b32hexencode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b

FINGERPRINT_VERSION = 1

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


# A system call per id would take as long as the rest of it; nobody needs to be kept from guessing one.
_random = random.Random(os.urandom(32))  # noqa: S311  # as above
os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(32)))


def new_id(prefix: str) -> str:
    """A fresh id such as `op_019a3c…`: prefix, 48 bits of milliseconds, 64 random bits; sorts by time."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{_random.getrandbits(64):016x}"


def operation_id() -> str:
    """A fresh one: 64 random bits as 11 characters. A record keeps the last eight, so each counts in Redis."""
    return urlsafe_b64encode(_random.getrandbits(64).to_bytes(8))[:11].decode()


def reservation_id_from_key(client: str, idempotency_key: str) -> str:
    """The reservation that an `Idempotency-Key` names: the same key of the same client, the same id."""
    raw = blake2b(f"{client}\0{idempotency_key}".encode(), digest_size=15).digest()
    return f"rsv_{b32hexencode(raw).decode().lower()}"


def digest(kind: str, *parts: str) -> str:
    """64 bits of an id as 11 characters: what the kernel remembers of it once it is finished.

    Text, because the kernel's message packer knows no binary; 11 characters land in the same
    16-byte allocation as 8 bytes would.
    """
    raw = blake2b("\0".join((kind, *parts)).encode(), digest_size=8).digest()
    return urlsafe_b64encode(raw)[:11].decode()


def fingerprint(content: Mapping[str, object]) -> str:
    """128 bits of the fields as the caller sent them, as 22 characters.

    Defaults must not be filled in before: a deploy that changes one would turn honest repeats into mismatches.
    """
    canonical = _canonical([FINGERPRINT_VERSION, content]).encode()
    return urlsafe_b64encode(blake2b(canonical, digest_size=16).digest())[:22].decode()
