"""Whether a shop really answers: one signed call, made now."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inventory_service.domain.errors import NotReady
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.shops.manage_shops import registered
from inventory_service.usecases.shops.ports import Credentials, Probe, Probed, ProbeOutcome, Shops
from inventory_service.usecases.shops.watch_credentials import WatchCredentials

ANSWER_WITHIN_S = 3.5  # so that whoever asks over HTTP is answered within 5 s


class ShopCredentials:
    """Of one shop, as its adapter asks for them. Implements `usecases.shops.ports.CredentialSource`."""

    def __init__(self, shop: Shop, credentials: Credentials, now_ms: Callable[[], int] = wall_ms) -> None:
        self._shop = shop
        self._credentials = credentials
        self._now_ms = now_ms

    async def live(self) -> Sequence[Credential]:
        return await self._credentials.live(self._shop.shop)

    async def renewed(self, credential: Credential) -> None:
        await self._credentials.renewed(self._shop, credential, self._now_ms())


@dataclass(frozen=True, slots=True)
class ShopProbed:
    """`app_key` and `version`: of the credential that signed, "" and 0: there is none."""

    shop: Shop
    app_key: str
    version: int
    result: Probed
    at_ms: int
    took_ms: int


class ProbeShop:
    def __init__(
        self,
        shops: Shops,
        credentials: Credentials,
        watch: WatchCredentials,
        probe: Probe,
        now_ms: Callable[[], int] = wall_ms,
        within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._shops = shops
        self._credentials = credentials
        self._watch = watch
        self._probe = probe
        self._now_ms = now_ms
        self._within_s = within_s

    async def __call__(self, name: str) -> ShopProbed:
        """Calls also a shop that was stopped: an answer that is good lets it go on.

        Raises Refused (`not_found`), NotReady, OutcomeUnknown.
        """
        shop = await registered(self._shops, name)
        await self._credentials.look_again()
        live = await self._credentials.live(name)
        app_key, version = (live[0].app_key, live[0].version) if live else ("", 0)
        began_ms = self._now_ms()
        result = await self._called(shop) if live else _NO_CREDENTIAL
        if result.outcome is ProbeOutcome.OK:
            await self._watch.went_well(name)
        return ShopProbed(shop, app_key, version, result, began_ms, self._now_ms() - began_ms)

    async def _called(self, shop: Shop) -> Probed:
        try:
            async with asyncio.timeout(self._within_s):
                return await self._probe(shop, ShopCredentials(shop, self._credentials, self._now_ms))
        except TimeoutError:
            return Probed(ProbeOutcome.UNREACHABLE, detail=f"no answer within {self._within_s:g} s")
        except NotReady as error:
            return Probed(ProbeOutcome.UNREACHABLE, detail=str(error))


_NO_CREDENTIAL = Probed(ProbeOutcome.CREDENTIAL_REFUSED, "app_key", detail="it has no credential")
