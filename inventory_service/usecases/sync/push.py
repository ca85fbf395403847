"""A platform calls us. The signature over the raw bytes is the proof; what it tells becomes a hint and nothing else."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from inventory_service.domain.errors import Refused
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import Adapter, ChannelError, CredentialRefused, Reply, TakesPushes
from inventory_service.usecases.sync.ports import HintBook, Opens, Shop, Shops, Tells


class TakePush:
    """Keeps one adapter per shop, for its memory of messages and the credentials that it asks for each time."""

    def __init__(
        self, shops: Shops, opens: Opens, hints: HintBook, tell: Tells, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._shops = shops
        self._opens = opens
        self._hints = hints
        self._tell = tell
        self._now_ms = now_ms
        self._opened: dict[str, tuple[tuple[object, ...], Adapter]] = {}
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def close(self) -> None:
        await self._stack.aclose()

    async def __call__(self, name: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What the platform wants to hear. Raises Refused (`not_found`), NotReady, OutcomeUnknown: it sends again."""
        # From memory alone: strangers may call here, and must not make the store answer for names that they make up.
        shop = self._shops.all().get(name)
        if shop is None or not shop.enabled:
            raise Refused("not_found", f"There is no shop {name}.")
        adapter = await self._adapter(shop)
        if not isinstance(adapter, TakesPushes):
            raise Refused("not_found", f"{shop.channel} pushes nothing.")
        try:
            hints = await adapter.pushed(headers, body)
        except ChannelError as error:
            self._tell.pushed(shop.channel, "refused" if isinstance(error, CredentialRefused) else "not_understood")
            return adapter.refused
        ids = list(dict.fromkeys(hint.channel_order_id for hint in hints.orders))
        if ids:
            await self._hints.note(shop.shop, ids, self._now_ms())
        adapter.remember(hints)
        self._tell.pushed(shop.channel, "noted" if ids else "nothing_new")
        return adapter.accepted

    async def _adapter(self, shop: Shop) -> Adapter:
        """Opened anew where the shop was changed; the one before makes no calls, and is closed at the end."""
        wanted = (shop.channel, shop.base_url, shop.settings)
        async with self._opening:
            found = self._opened.get(shop.shop)
            if found is None or found[0] != wanted:
                found = wanted, await self._stack.enter_async_context(self._opens(shop))
                self._opened[shop.shop] = found
            return found[1]
