"""Stops the calls of a shop whose credential the platform refuses, until somebody has set another one."""

import asyncio
from collections.abc import Callable, Sequence

from inventory_service.domain.shops import refusals as rules
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.refusals import Refusals
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.ledger_ports import AlarmBook
from inventory_service.usecases.shops.ports import Author, Credentials, Shops

CREDENTIAL_INVALID = "credential_invalid"
BY = "service"


class WatchCredentials:
    """For whoever calls platforms: ask before, and tell how it went. Only of our own calls: what strangers push with a
    wrong signature says nothing of the credential.

    Raises NotReady, OutcomeUnknown.
    """

    def __init__(
        self, shops: Shops, credentials: Credentials, alarms: AlarmBook, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._shops = shops
        self._credentials = credentials
        self._alarms = alarms
        self._now_ms = now_ms
        self._refusals: dict[str, Refusals] = {}
        # What goes well must not come between an alarm and its stop: the shop would be stopped unheard.
        self._turn = asyncio.Lock()

    async def may_call(self, shop: str) -> bool:
        """False: it is switched off, or stopped, or nobody has set its credential yet. A newer one lets it go on."""
        found = await self._shops.lookup(shop)
        if found is None or not found.enabled:
            return False
        newest = _newest(await self._credentials.live(shop))
        if not found.paused_reason:
            return newest > 0
        if not rules.resumes(found.paused_version, newest):
            return False
        await self.went_well(shop)
        return True

    async def refused(self, shop: str, which: str, said: str) -> None:
        """No live version opened it. `which` part of the credential is to blame, and what the platform `said` of it."""
        found = await self._shops.lookup(shop)
        if found is None or found.paused_reason:
            return
        before = await self._credentials.live(shop)
        await self._credentials.look_again()
        if _newest(await self._credentials.live(shop)) > _newest(before):
            return
        refusals = rules.one_more(self._refusals.get(shop, Refusals()), _newest(before), self._now_ms())
        self._refusals[shop] = refusals
        if refusals.is_burst:
            await self._stop(found, before[0] if before else None, which, said)

    async def _stop(self, shop: Shop, credential: Credential | None, which: str, said: str) -> None:
        """The alarm first: if we end in between, the next refusals count it once more, and nothing stops unheard."""
        version, app_key = (credential.version, credential.app_key) if credential else (0, "")
        detail = {
            "shop": shop.shop,
            "channel": shop.channel,
            "which": which,
            "app_key": app_key,
            "version": version,
            "reason": f"{shop.channel} refuses the {which} of app key {app_key or 'none'}, version {version}",
            "said": said,
            "responsible": shop.responsible,
        }
        async with self._turn:
            await self._alarms.raise_alarm(CREDENTIAL_INVALID, shop.shop, detail, self._now_ms())
            await self._shops.pause(shop.shop, CREDENTIAL_INVALID, version, Author(BY, self._now_ms()))

    async def went_well(self, shop: str) -> None:
        """A call was answered, or may well be: what was refused before is over.

        Its alarm too, also of a shop that goes on already: somebody may have ended between the two.
        """
        self._refusals.pop(shop, None)
        async with self._turn:
            found = await self._shops.lookup(shop)
            if found is not None and found.paused_reason:
                await self._shops.resume(shop, Author(BY, self._now_ms()))
            await self._alarms.close_alarm(CREDENTIAL_INVALID, shop, self._now_ms())


def _newest(live: Sequence[Credential]) -> int:
    return live[0].version if live else 0
