"""Tells people of credentials that were changed, and of those that end soon."""

from collections.abc import Callable

from inventory_service.domain.shops import credential as rules
from inventory_service.domain.shops.credential import DAY_MS, Version
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.ledger_ports import AlarmBook
from inventory_service.usecases.shops.ports import Credentials, Shops, Untold

CREDENTIAL_CHANGED = "credential_changed"
CREDENTIAL_EXPIRING = "credential_expiring"
EVERY_S = 10.0
AT_ONCE = 100


class TellCredentials:
    def __init__(
        self, shops: Shops, credentials: Credentials, alarms: AlarmBook, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._shops = shops
        self._credentials = credentials
        self._alarms = alarms
        self._now_ms = now_ms

    async def run_once(self) -> float:
        """What is told twice, where we end between an alarm and its note, is one alarm with a count.

        Raises NotReady, OutcomeUnknown.
        """
        now_ms = self._now_ms()
        for untold in await self._credentials.untold(AT_ONCE):
            await self._tell_change(untold)
        # Whoever did not change it himself has read of it within a day.
        await self._alarms.close_quiet_alarms(CREDENTIAL_CHANGED, now_ms - DAY_MS, now_ms)
        await self._warn(now_ms)
        await self._credentials.forget_ended(now_ms)
        return EVERY_S

    async def _tell_change(self, untold: Untold) -> None:
        change = untold.change
        detail = await self._named(change.shop, untold.app_key, change.version)
        reason = f"{change.action} by {change.by}"
        await self._alarms.raise_anew(CREDENTIAL_CHANGED, change.shop, {**detail, "reason": reason}, change.at_ms)
        await self._credentials.told([change.change_id])

    async def _warn(self, now_ms: int) -> None:
        ending = []
        for shop, version in await self._credentials.newest_versions():
            if rules.days_reached(version, now_ms) is not None:
                ending.append(shop)
            days = rules.warning_due(version, now_ms)
            if days is not None:
                await self._warn_of(shop, version, days, now_ms)
        await self._alarms.close_other_alarms(CREDENTIAL_EXPIRING, ending, now_ms)

    async def _warn_of(self, shop: str, version: Version, days: int, now_ms: int) -> None:
        detail = await self._named(shop, version.app_key, version.version)
        left_ms = (version.ends_ms or 0) - now_ms
        reason = f"ends in {max(0, left_ms) / DAY_MS:.1f} days"
        told = {**detail, "ends_ms": version.ends_ms, "reason": reason}
        await self._alarms.raise_anew(CREDENTIAL_EXPIRING, shop, told, now_ms)
        await self._credentials.warned(shop, version.version, days)

    async def _named(self, shop: str, app_key: str, version: int) -> dict[str, object]:
        found = await self._shops.lookup(shop)
        known = {"channel": found.channel, "responsible": found.responsible} if found else {}
        return {"shop": shop, **known, "app_key": app_key, "version": version}
