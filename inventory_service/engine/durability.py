"""Whether Redis keeps what it answers: every promise rests on it."""

from collections.abc import Mapping
from contextlib import suppress

import structlog

from inventory_service.engine.link import InDoubt, Link, NotAllowed, NotExecuted, ScriptFailed
from inventory_service.engine.redis_state import RedisState
from inventory_service.usecases.standing import HotInspection

log = structlog.get_logger()

REQUIRED = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}
_LOOK_SECONDS = 1.0


async def configuration(link: Link, timeout_seconds: float) -> Mapping[str, str]:
    """The settings REQUIRED as the server has them; empty where CONFIG is not allowed, as at most hosters.

    Raises NotExecuted (it cannot be reached), InDoubt.
    """
    try:
        flat = [word.decode() for word in await link.call(timeout_seconds, "CONFIG", "GET", *REQUIRED)]
    except (ScriptFailed, NotAllowed):  # renamed away, or forbidden
        return {}
    return dict(zip(flat[::2], flat[1::2], strict=True))


def is_durable(found: Mapping[str, str]) -> bool:
    return all(found.get(name) == text for name, text in REQUIRED.items())


def warn(found: Mapping[str, str]) -> None:
    """Tell what is wrong with a server that is not durable as far as anyone can see."""
    if not found:
        advice = f"make sure of {_spelled(REQUIRED)}, and set INVENTORY_REDIS_DURABILITY=asserted"
        log.warning("durability.unreadable", advice=advice)
        return
    wrong = {name: text for name, text in REQUIRED.items() if found.get(name) != text}
    advice = f"Redis may forget what it has answered: set {_spelled(wrong)} in its configuration."
    log.warning("durability.insufficient", advice=advice)


class WatchedState(RedisState):
    """A RedisState that warns of a server that may forget, each time its gate is about to be opened."""

    async def inspect(self) -> HotInspection:
        inspection = await super().inspect()
        if not inspection.gate_is_open:
            await self._warn()
        return inspection

    async def _warn(self) -> None:
        with suppress(NotExecuted, InDoubt):  # it is away again: then its gate will not be opened either
            found = await configuration(self._link, _LOOK_SECONDS)
            if not is_durable(found):
                warn(found)


def _spelled(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in settings.items())
