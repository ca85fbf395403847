"""Everything that is sealed, sealed anew with the newest key: then the older keys can go.

Beside a running service: a row that somebody else has locked is left for the next round, so nobody waits for a row that
waits for him. Killed in the middle, what was committed stays, and the next time goes on with the rest.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.credentials import place_of
from inventory_service.ledger.orders.buyers import KEY_PLACE, Buyers, digest_of
from inventory_service.ledger.orders.failures import about_failure
from inventory_service.ledger.orders.outbound import note_about
from inventory_service.ledger.orders.queries import QUERIES as OF_ORDERS
from inventory_service.ledger.orders.rows import buyer_in, document_about
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Pool, changing, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.sealing import NotOpened, Sealer, version_of

UNSEALED = 0  # as `version_of` says it: also of an order without the digest of its buyer
AT_ONCE = 100
ROUNDS_MAX = 20
ROUND_PAUSE_S = 0.5

Show = Callable[[str, int, int], None]
"""Told after each batch: what of, how many are done, and how many there were to do."""


class Keys(NamedTuple):
    """`digests`: of buyer digests, None: what sealed it is not at hand."""

    sealer: Sealer
    digests: bytes | None

    def anew(self, sealed: bytes | None, place: str) -> bytes | None:
        """Raises NotOpened. What needs a key that is not at hand stays as it is, and so does what has the newest."""
        key = self.sealer
        if not sealed or version_of(sealed) not in key.versions - {key.newest}:
            return sealed
        return key.seal(key.open(sealed, place), place)


class Kind(NamedTuple):
    """Its statements. `first`: the key before all of its rows. `remade`: what of a row is written."""

    name: str
    by_key: str
    to_reseal: str
    reseal: str
    first: tuple[object, ...]
    remade: Callable[[Any, Keys], tuple[object, ...]]


class Resealed(NamedTuple):
    """Rows sealed anew by kind; what was altered, and opens with no key; rows that still need another key, by key."""

    done: Mapping[str, int]
    altered: Sequence[str]
    needed: Mapping[int, int]


def _credential(row: Any, keys: Keys) -> tuple[object, ...]:
    return (keys.anew(row["sealed"], place_of(row["channel"], row["shop"], row["version"])),)


def _order(row: Any, keys: Keys) -> tuple[object, ...]:
    number = row["order_no"]
    personal = keys.anew(row["personal"], number)
    return personal, keys.anew(row["document"], document_about(number)), *_digests(row, personal, keys)


def _digests(row: Any, personal: bytes | None, keys: Keys) -> tuple[str | None, str]:
    """As they are, where they cannot be made."""
    if keys.digests is None or (personal and version_of(personal) not in keys.sealer.versions):
        return row["buyer_digest"], row["customer"]
    buyer = buyer_in(keys.sealer.open(personal, row["order_no"])) if personal else ""
    return digest_of(keys.digests, row["channel"], buyer) if buyer else "", ""


def _failure(row: Any, keys: Keys) -> tuple[object, ...]:
    return (keys.anew(row["document"], about_failure(row)),)


def _note(row: Any, keys: Keys) -> tuple[object, ...]:
    place = note_about(row["client"], row["answer_id"])
    return (keys.sealer.seal(row["note"].encode(), place) if row["note"] else keys.anew(row["sealed_note"], place),)


def _digest_key(row: Any, keys: Keys) -> tuple[object, ...]:
    return (keys.anew(row["sealed"], KEY_PLACE),)


KINDS = (
    Kind(
        "digest_keys",
        OF_ORDERS["digest_keys_by_key"],
        OF_ORDERS["digest_keys_to_reseal"],
        OF_ORDERS["reseal_digest_keys"],
        (False,),
        _digest_key,
    ),
    Kind(
        "credentials",
        QUERIES["credentials_by_key"],
        QUERIES["credentials_to_reseal"],
        QUERIES["reseal_credentials"],
        ("", 0),
        _credential,
    ),
    Kind(
        "orders",
        OF_ORDERS["orders_by_key"],
        OF_ORDERS["orders_to_reseal"],
        OF_ORDERS["reseal_orders"],
        ("",),
        _order,
    ),
    Kind(
        "failures",
        OF_ORDERS["failures_by_key"],
        OF_ORDERS["failures_to_reseal"],
        OF_ORDERS["reseal_failures"],
        (0,),
        _failure,
    ),
    Kind(
        "notes",
        OF_ORDERS["notes_by_key"],
        OF_ORDERS["notes_to_reseal"],
        OF_ORDERS["reseal_notes"],
        (0,),
        _note,
    ),
)


class Reseal:
    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer
        self._keys = Keys(sealer, None)
        self._older = [bytes((version,)) for version in sorted(sealer.versions - {sealer.newest})]

    async def run(self, show: Show) -> Resealed:
        """Raises NotReady, OutcomeUnknown: say it again."""
        with suppress(NotReady):
            self._keys = Keys(self._sealer, await Buyers(self._pool, Seals(self._sealer)).know_key())
            self._older.append(bytes((UNSEALED,)))
        done: Counter[str] = Counter()
        altered: list[str] = []
        for kind in KINDS:
            done[kind.name] = await self._all(kind, altered, show)
        return Resealed(done, altered, await rows_by_key(self._pool, self._sealer.newest))

    async def _all(self, kind: Kind, altered: list[str], show: Show) -> int:
        done, total = 0, await self._to_do(kind)
        for number in range(ROUNDS_MAX):
            after: tuple[object, ...] | None = kind.first
            known = set(altered)
            while after is not None:
                batch, after = await self._batch(kind, after, known)
                done += batch
                if batch:
                    show(kind.name, done, max(total, done))
            altered += sorted(known - set(altered))
            if await self._to_do(kind) <= len(known):
                break
            await asyncio.sleep(ROUND_PAUSE_S if number else 0)
        return done

    async def _to_do(self, kind: Kind) -> int:
        """Rows that an older key at hand has sealed."""
        by_key = await _keys_of(self._pool, kind, self._sealer.newest)
        return sum(by_key.get(key[0], 0) for key in self._older)

    async def _batch(
        self, kind: Kind, after: tuple[object, ...], altered: set[str]
    ) -> tuple[int, tuple[object, ...] | None]:
        """How many were sealed anew, and behind which one to go on; None: that was the last."""
        width = len(kind.first)
        async with changing(self._pool) as connection, connection.transaction():
            rows = await connection.fetch(kind.to_reseal, *after, self._older, AT_ONCE)
            anew = []
            for row in rows:
                try:
                    anew.append((*row[:width], *kind.remade(row, self._keys)))
                except NotOpened as error:
                    altered.add(str(error))
            await connection.executemany(kind.reseal, anew)
        return len(anew), tuple(rows[-1][:width]) if len(rows) == AT_ONCE else None


async def rows_by_key(pool: Pool, newest: int) -> Mapping[int, int]:
    """Rows that another key than the newest has sealed, by its version; UNSEALED: none has. Raises NotReady."""
    needed: Counter[int] = Counter()
    for kind in KINDS:
        needed.update(await _keys_of(pool, kind, newest))
    return dict(sorted(needed.items()))


async def _keys_of(pool: Pool, kind: Kind, newest: int) -> Mapping[int, int]:
    with postgres_errors():
        rows = await pool.fetch(kind.by_key, bytes((newest,)))
    return {row["key"][0]: row["rows"] for row in rows}
