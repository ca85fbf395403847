"""By which a buyer's orders are found, whose reference itself is sealed.

A digest with a key of our own: without it nobody can try out all phone numbers. The key is random, kept sealed, and
stays the same when sealing keys rotate.
"""

import hmac
import os
from base64 import urlsafe_b64encode
from contextlib import suppress

from inventory_service.domain import ids
from inventory_service.domain.errors import NotReady
from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Pool, changing
from inventory_service.sealing import KEY_BYTES

KEY_PLACE = "key of buyer digests"
_DIGEST_BYTES = 16


class Buyers:
    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals
        self._key: bytes | None = None

    async def know_key(self) -> bytes:
        """Made where there is none. Raises NotReady, also where what sealed it is not at hand."""
        if self._key is None:
            made = self._seals.seal(os.urandom(KEY_BYTES), KEY_PLACE)
            async with changing(self._pool) as connection:
                await connection.execute(QUERIES["make_buyer_digest_key"], made)
                sealed = await connection.fetchval(QUERIES["buyer_digest_key"])
            self._key = self._seals.open(sealed, KEY_PLACE)
        return self._key

    async def know_key_if_possible(self) -> None:
        """An order is taken in without: `reseal` makes its digest later."""
        with suppress(NotReady):
            await self.know_key()

    def digest(self, channel: str, reference: str) -> str | None:
        """Of no reference "". None: the key is not known."""
        if not reference:
            return ""
        return None if self._key is None else digest_of(self._key, channel, reference)


def digest_of(key: bytes, channel: str, reference: str) -> str:
    """128 bits as 22 characters."""
    raw = hmac.digest(key, f"{channel}\0{reference}".encode(), "sha256")[:_DIGEST_BYTES]
    return urlsafe_b64encode(raw)[:22].decode()


def digest_without_key(channel: str, reference: str) -> str:
    """What the version before kept, until `reseal` has replaced it."""
    return ids.fingerprint({"channel": channel, "buyer": reference})
