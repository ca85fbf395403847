"""The duties of every shop, each a task of its own: one that is slow, silent or broken delays no other."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from inventory_service.usecases.sync.ports import Shop
from inventory_service.workers.loops import Loop
from inventory_service.workers.shutdown import Shutdown

log = structlog.get_logger()

LOOK_S = 0.5  # a shop that was registered or changed is taken over within 2 s
BROKEN_S = 30.0  # a bug, or a platform's answer that nobody foresaw: not at once again

Duties = Callable[[Shop], AbstractAsyncContextManager[Sequence[Loop]]]


class Crew:
    """`run_once` is a `Loop`; `shops` tells those that there are."""

    def __init__(self, shops: Callable[[], Mapping[str, Shop]], duties: Duties, shutdown: Shutdown) -> None:
        self._shops = shops
        self._duties = duties
        self._shutdown = shutdown
        self._at_work: dict[str, tuple[object, asyncio.Task[None]]] = {}

    async def run_once(self) -> float:
        """Follow the registry. Raises NotReady."""
        wanted = {name: shop for name, shop in self._shops().items() if shop.enabled}
        changed = [name for name, (as_it_was, _) in self._at_work.items() if as_it_was != _settings(wanted.get(name))]
        await self._end(changed)
        for name in wanted.keys() - self._at_work.keys():
            task = asyncio.create_task(self._work(wanted[name]), name=name)
            self._at_work[name] = _settings(wanted[name]), task
        return LOOK_S

    async def stop(self) -> None:
        """Whatever is under way is given up: every step may be repeated."""
        await self._end(list(self._at_work))

    async def _end(self, names: Sequence[str]) -> None:
        tasks = [self._at_work.pop(name)[1] for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, shop: Shop) -> None:
        log.info("shop.begun", shop=shop.shop, channel=shop.channel)
        try:
            while not self._shutdown.requested.is_set():
                await self._open(shop)
        finally:
            log.info("shop.ended", shop=shop.shop)

    async def _open(self, shop: Shop) -> None:
        try:
            async with self._duties(shop) as loops:
                await asyncio.gather(*(self._keep_running(shop, loop) for loop in loops))
        except Exception:  # settings of its platform that cannot be, most likely: until they are changed
            log.exception("shop.unusable", shop=shop.shop)
            await self._shutdown.pause(BROKEN_S)

    async def _keep_running(self, shop: Shop, loop: Loop) -> None:
        while not self._shutdown.requested.is_set():
            try:
                await loop.run(self._shutdown)
            except Exception:  # the other duties, and other shops, go on
                log.exception("shop.duty_failed", shop=shop.shop, duty=loop.name)
                await self._shutdown.pause(BROKEN_S)


def _settings(shop: Shop | None) -> object:
    """What its duties are made of; whether it may be called now they ask themselves."""
    return None if shop is None else (shop.channel, shop.responsible, shop.base_url, shop.settings)
