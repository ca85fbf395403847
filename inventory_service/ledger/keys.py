"""Clients, their API keys and webhook secrets: managed here, known by heart in every process."""

import asyncio
import hmac
import re
import secrets
import time
from base64 import b32hexencode, b64encode
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.errors import Refused
from inventory_service.ledger.pool import Pool, answering, changing
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.ports import WebhookSigner

BOOTSTRAP_CLIENT = "bootstrap"
# A wrong key is looked up once in so long, and so many of them are remembered. Those that come in the pause between two
# looks, each of them new, share the next one: a flood of guesses costs a fixed memory and four questions a second.
UNKNOWN_FOR_S = 2.0
UNKNOWN_MAX = 10_000
LOOK_PAUSE_S = 0.25
_CLIENT = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_KEY = re.compile(r"inv_(?P<key_id>[a-z0-9]{8,32})_(?P<secret>[a-z0-9]{32,64})")
_KEY_ID_BYTES = 10
_SECRET_BYTES = 25  # 200 bits


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is stored of a key: everything but its secret. `revoked_ms` 0: it works."""

    key_id: str
    client: str
    scopes: frozenset[Scope]
    created_ms: int
    revoked_ms: int


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """`secret` as Standard Webhooks spells it: `whsec_` and base64."""

    secret_id: str
    client: str
    secret: str
    created_ms: int
    revoked_ms: int


@dataclass(frozen=True, slots=True)
class _Holder:
    secret_sha256: bytes
    client: Client


class ApiKeys:
    """Implements `usecases.ports.ClientRegistry`, and manages what it knows.

    `refresh` it every second: a new key works at once, a revoked one at most 2 s longer. While Postgres is away the
    keys known so far go on working. `bootstrap_key`: a key with every scope that is stored nowhere.
    """

    def __init__(self, pool: Pool, bootstrap_key: str | None = None) -> None:
        self._pool = pool
        everything = Client(BOOTSTRAP_CLIENT, frozenset(Scope))
        self._bootstrap = _Holder(_sha256(bootstrap_key), everything) if bootstrap_key else None
        self._holders: Mapping[str, _Holder] = {}
        # Keys that were right, until the next reading: hashing them for every call took 3 % of the process.
        self._proven: dict[str, Client] = {}
        self._signers: Sequence[WebhookSigner] | None = None
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._looking = asyncio.Lock()
        self._next_look: asyncio.Task[None] | None = None
        self._looked_at = -LOOK_PAUSE_S

    async def authenticate(self, secret: str) -> Client | None:
        client = self._proven.get(secret) or await self._prove(secret)
        if client is not None:
            self._proven[secret] = client
        return client

    async def _prove(self, secret: str) -> Client | None:
        if self._bootstrap and _matches(self._bootstrap, secret):
            return self._bootstrap.client
        key = _KEY.fullmatch(secret)
        if key is None:
            return None
        if key["key_id"] not in self._holders and self._worth_asking(key["key_id"]):
            await self._look()
            self._note_asked(key["key_id"])
        holder = self._holders.get(key["key_id"])
        return holder.client if holder and _matches(holder, key["secret"]) else None

    async def webhook_signers(self) -> Sequence[WebhookSigner]:
        if self._signers is None:
            await self._look()
        return self._signers or ()

    async def refresh(self) -> None:
        """Read everything that is valid now. Raises NotReady."""
        async with answering():
            keys = await self._pool.fetch(QUERIES["live_keys"])
            signers = await self._pool.fetch(QUERIES["live_webhook_secrets"])
        self._know({row["key_id"]: _Holder(row["secret_sha256"], _client(row)) for row in keys})
        scanning = frozenset({Scope.SCAN})
        self._signers = [WebhookSigner(Client(row["client"], scanning), row["secrets"]) for row in signers]

    def _know(self, holders: Mapping[str, _Holder]) -> None:
        self._holders, self._proven = holders, {}

    async def _look(self) -> None:
        """Wait for a reading that begins from now on, so that a key made before this call is found. Raises NotReady."""
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look_in_turn())
        await asyncio.shield(self._next_look)

    async def _look_in_turn(self) -> None:
        async with self._looking:
            await asyncio.sleep(max(0.0, self._looked_at + LOOK_PAUSE_S - time.monotonic()))
            self._next_look, self._looked_at = None, time.monotonic()
            await self.refresh()

    async def create(self, client: str, scopes: Collection[Scope]) -> str:
        """A new key of `client`, told this once: `inv_<key id>_<secret>`. Raises Refused, NotReady, OutcomeUnknown."""
        key_id, secret = _random(_KEY_ID_BYTES), _random(_SECRET_BYTES)
        row = (key_id, _checked(client), _sha256(secret), sorted(scopes), _now_ms())
        async with changing(self._pool) as connection, connection.transaction():
            await connection.execute(QUERIES["add_client"], client, _now_ms())
            await connection.execute(QUERIES["add_key"], *row)
        self._unknown.pop(key_id, None)
        return f"inv_{key_id}_{secret}"

    async def list(self) -> Sequence[ApiKey]:
        """Every key there ever was, newest first. Raises NotReady."""
        async with answering():
            rows = await self._pool.fetch(QUERIES["all_keys"])
        return [_api_key(row) for row in rows]

    async def revoke(self, key_id: str) -> bool:
        """False when there is no such key that works. Raises NotReady, OutcomeUnknown."""
        async with changing(self._pool) as connection:
            answer = await connection.execute(QUERIES["revoke_key"], key_id, _now_ms())
        self._know({known: holder for known, holder in self._holders.items() if known != key_id})
        return answer == "UPDATE 1"

    async def create_webhook_secret(self, client: str) -> WebhookSecret:
        """One more secret of `client`; the ones it has stay valid. Raises Refused, NotReady, OutcomeUnknown."""
        secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
        made = WebhookSecret(f"whs_{_random(_KEY_ID_BYTES)}", _checked(client), secret, _now_ms(), 0)
        async with changing(self._pool) as connection, connection.transaction():
            await connection.execute(QUERIES["add_client"], client, made.created_ms)
            await connection.execute(
                QUERIES["add_webhook_secret"], made.secret_id, made.client, made.secret, made.created_ms
            )
        return made

    async def webhook_secrets(self) -> Sequence[WebhookSecret]:
        """Every secret there ever was, newest first. Raises NotReady."""
        async with answering():
            rows = await self._pool.fetch(QUERIES["all_webhook_secrets"])
        return [WebhookSecret(*row) for row in rows]

    async def revoke_webhook_secret(self, secret_id: str) -> bool:
        """False when there is no such secret that is valid. Raises NotReady, OutcomeUnknown."""
        async with changing(self._pool) as connection:
            return await connection.execute(QUERIES["revoke_webhook_secret"], secret_id, _now_ms()) == "UPDATE 1"

    def _worth_asking(self, key_id: str) -> bool:
        """Whether an unknown key was not asked for a moment ago."""
        return time.monotonic() - self._unknown.get(key_id, -UNKNOWN_FOR_S) >= UNKNOWN_FOR_S

    def _note_asked(self, key_id: str) -> None:
        """Only behind an answer: a key that nobody could look up is not unknown."""
        self._unknown[key_id] = time.monotonic()
        self._unknown.move_to_end(key_id)
        if len(self._unknown) > UNKNOWN_MAX:
            self._unknown.popitem(last=False)


def _checked(client: str) -> str:
    if _CLIENT.fullmatch(client) is None:
        raise Refused("validation_failed", "A client's name has 1 to 64 characters of A-Z a-z 0-9 . _ : -", "/client")
    return client


def _client(row: Any) -> Client:
    return Client(row["client"], _scopes(row))


def _api_key(row: Any) -> ApiKey:
    return ApiKey(row["key_id"], row["client"], _scopes(row), row["created_ms"], row["revoked_ms"])


def _scopes(row: Any) -> frozenset[Scope]:
    return frozenset(Scope(name) for name in row["scopes"])


def _matches(holder: _Holder, secret: str) -> bool:
    return hmac.compare_digest(holder.secret_sha256, _sha256(secret))


def _sha256(secret: str) -> bytes:
    """Secrets are random and long: a slow hash would only slow every request."""
    return sha256(secret.encode()).digest()


def _random(size: int) -> str:
    return b32hexencode(secrets.token_bytes(size)).decode().rstrip("=").lower()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
