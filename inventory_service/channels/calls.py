"""A shop's signed calls: the right credential and pace, once more where that helps, and tokens that are renewed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol, runtime_checkable

import structlog

from inventory_service.channels.calling import Answer, Call, Caller
from inventory_service.channels.clock import Clock, PlatformClock
from inventory_service.channels.documents import decoded, mapping, mended
from inventory_service.channels.pacing import WAIT_MS_MAX, Pace, back_off_ms
from inventory_service.channels.shop import Shop
from inventory_service.domain.shops.credential import LIVE_MAX, Credential
from inventory_service.usecases.shops.ports import CredentialSource
from inventory_service.usecases.sync.adapter import (
    ChannelError,
    CredentialRefused,
    NotUnderstood,
    Permanent,
    Temporary,
    Throttled,
    TokenExpired,
)

log = structlog.get_logger()

ATTEMPTS_MAX = 4

Document = Mapping[str, object]


class Renewal(NamedTuple):
    """The call that brings new tokens."""

    api: str
    parameters: Document


class Dialect(Protocol):
    """How a platform wants to be called, and what its answers mean."""

    def call(self, api: str, parameters: Document, credential: Credential, now_ms: int) -> Call: ...

    def result(self, answer: Answer) -> Document:
        """What was asked for. Raises ChannelErrors by the platform's own codes."""


@runtime_checkable
class RenewsTokens(Protocol):
    def renewal(self, credential: Credential) -> Renewal | None:
        """None where this credential's token has a fixed end."""

    def renewed(self, credential: Credential, result: Document, now_ms: int) -> Credential: ...


class SignedCalls:
    def __init__(self, shop: Shop, dialect: Dialect, credentials: CredentialSource, clock: Clock) -> None:
        self.shop = shop
        self.credentials = credentials
        self.platform_clock = PlatformClock(clock)
        self._dialect = dialect
        self.clock = clock
        self._caller = Caller(shop, self.platform_clock)
        self._pace = Pace(shop.calls_per_second)
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        await self._caller.close()

    async def ask(self, api: str, parameters: Document) -> Document:
        """The result of a call that may be made twice. Raises ChannelErrors."""
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                return await self._ask_once(api, parameters)
            except Throttled as error:
                wait_ms = max(error.wait_ms, back_off_ms(attempt))
                self._pace.hold(api, self.clock.now_ms() + wait_ms)
                if wait_ms > WAIT_MS_MAX:
                    raise
            except Temporary:
                await self.clock.wait(back_off_ms(attempt))
        return await self._ask_once(api, parameters)

    async def _ask_once(self, api: str, parameters: Document) -> Document:
        """With every live version: which of two the platform already knows, or still knows, nobody can tell."""
        refused: CredentialRefused | None = None
        for credential in (await self.credentials.live())[:LIVE_MAX]:
            try:
                return await self._with_token(api, parameters, credential)
            except CredentialRefused as error:
                refused = refused or error
        raise refused or CredentialRefused("app_key", f"{self.shop.name} has no credential")

    async def _with_token(self, api: str, parameters: Document, credential: Credential) -> Document:
        try:
            return await self._send(api, parameters, credential)
        except TokenExpired as error:
            renewed = await self._renewed(credential, error)
        except CredentialRefused as error:
            # Some platforms know nothing of a token once it was renewed, which was perhaps while this call waited.
            async with self._renewing:
                newer = await self._newer(credential) if error.which == "access_token" else None
            if newer is None:
                raise
            renewed = newer
        try:
            return await self._send(api, parameters, renewed)
        except TokenExpired as error:
            raise CredentialRefused("access_token", f"renewed, and expired all the same: {error}", error.code) from None

    async def _renewed(self, expired: Credential, error: TokenExpired) -> Credential:
        """One call renews for all that found the token expired. Raises CredentialRefused where that is a person's."""
        async with self._renewing:
            newer = await self._newer(expired)
            if newer is not None:
                return newer
            renews = self._dialect if isinstance(self._dialect, RenewsTokens) else None
            renewal = renews.renewal(expired) if renews else None
            if renews is None or renewal is None:
                raise CredentialRefused("access_token", f"authorise the shop anew: {error}", error.code)
            try:
                result = await self._send(renewal.api, renewal.parameters, replace(expired, access_token=""))
            except (TokenExpired, Permanent) as refusal:
                raise CredentialRefused("refresh_token", f"authorise the shop anew: {refusal}", refusal.code) from None
            credential = renews.renewed(expired, result, self.platform_clock.now_ms())
            await self.credentials.renewed(credential)
            log.info("channel.token_renewed", shop=self.shop.name, version=credential.version)
            return credential

    async def _newer(self, credential: Credential) -> Credential | None:
        """With a token that somebody else has renewed."""
        for live in await self.credentials.live():
            if live.version == credential.version and live.access_token != credential.access_token:
                return live
        return None

    async def _send(self, api: str, parameters: Document, credential: Credential) -> Document:
        wait_ms = self._pace.wait_ms(api, self.clock.now_ms())
        if wait_ms > WAIT_MS_MAX:
            raise Throttled(wait_ms, "the platform asked for a longer rest")
        if wait_ms > 0:
            await self.clock.wait(wait_ms)
        outcome = "answered"
        try:
            call = self._dialect.call(api, parameters, credential, self.platform_clock.now_ms())
            return self._dialect.result(await self._caller.post(call))
        except ChannelError as error:
            error.hide(credential.secrets)
            outcome = type(error).__name__
            raise
        finally:
            log.debug("channel.called", shop=self.shop.name, api=api, outcome=outcome)


def document_of(answer: Answer) -> Document:
    """What a platform answered. What is no JSON object was cut, or comes from something in between: Temporary."""
    try:
        return mapping(_decoded(answer.body), "the answer")
    except NotUnderstood as error:
        raise Temporary(error.detail, str(answer.status)) from None


def _decoded(body: bytes) -> object:
    try:
        return decoded(body)
    except NotUnderstood:
        return decoded(mended(body))
