"""Whether Redis keeps what it answered: looked at before the gate is opened, since every promise rests on it."""

import structlog

from inventory_service.domain.errors import NotReady
from inventory_service.engine.redis_state import RedisState
from inventory_service.usecases.ports import HotInspection

log = structlog.get_logger()

REQUIRED = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}


class WatchedState(RedisState):
    """A RedisState that warns of a server that may forget, each time its gate is about to be opened."""

    async def inspect(self) -> HotInspection:
        inspection = await super().inspect()
        if not inspection.gate_is_open:
            await self._warn()
        return inspection

    async def _warn(self) -> None:
        try:
            flat = [word.decode() for word in await self._ask("CONFIG", "GET", *REQUIRED)]
        except NotReady as error:
            advice = f"make sure of {_spelled(REQUIRED)}, and set INVENTORY_REDIS_DURABILITY=asserted"
            log.warning("durability.unreadable", reason=str(error), advice=advice)
            return
        found = dict(zip(flat[::2], flat[1::2], strict=True))
        wrong = {name: text for name, text in REQUIRED.items() if found.get(name, "") != text}
        if wrong:
            advice = f"Redis may forget what it has answered: set {_spelled(wrong)} in its configuration."
            log.warning("durability.insufficient", advice=advice)


def _spelled(settings: dict[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in settings.items())
