"""The gate is only opened on a Redis that keeps what it answered: whatever an answer promises rests on that."""

from inventory_service.domain.errors import NotReady
from inventory_service.engine.redis_state import RedisState
from inventory_service.usecases.ports import HotInspection

REQUIRED = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}


class DurableState(RedisState):
    """A RedisState that looks at the server's settings before a closed gate is opened for it."""

    async def inspect(self) -> HotInspection:
        """Raises NotReady also when the server may forget what it has answered."""
        inspection = await super().inspect()
        if inspection.gate != inspection.identity:
            await self._check_settings()
        return inspection

    async def _check_settings(self) -> None:
        try:
            flat = [word.decode() for word in await self._ask("CONFIG", "GET", *REQUIRED)]
        except NotReady as error:
            raise NotReady(
                f"{error} Its durability cannot be looked at: where CONFIG is not allowed, make sure of "
                f"{_spelled(REQUIRED)}, and set INVENTORY_REDIS_DURABILITY=asserted."
            ) from error
        found = dict(zip(flat[::2], flat[1::2], strict=True))
        wrong = {name: text for name, text in REQUIRED.items() if found.get(name, "") != text}
        if wrong:
            raise NotReady(f"Redis may forget what it has answered: set {_spelled(wrong)} in its configuration.")


def _spelled(settings: dict[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in settings.items())
