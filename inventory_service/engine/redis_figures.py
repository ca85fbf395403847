"""What Redis says of itself for the metrics: a few calls whose cost does not grow with what it holds."""

import re

from inventory_service.domain.events import Position
from inventory_service.engine.redis_state import RedisState
from inventory_service.telemetry.books import HotFigures

_SCRIPT_STATS = re.compile(r"cmdstat_evalsha:calls=(\d+),usec=(\d+)")


class RedisFigures(RedisState):
    """A RedisState that can be looked at from a distance."""

    async def figures(self, ledger: Position) -> HotFigures:
        """As of now; `ledger` is where the ledger stands, as far as the writer knows. Raises NotReady."""
        inspection = await self.inspect()
        keys = await self._keys()
        alive, held, finished = [
            int(await self._ask(command, key))
            for command, key in (("HLEN", keys.holds), ("ZCARD", keys.deadlines), ("ZCARD", keys.finished))
        ]
        calls, microseconds = _script_stats((await self._ask("INFO", "commandstats")).decode())
        return HotFigures(
            gate_open=inspection.gate_is_open,
            epoch=inspection.epoch,
            backlog_events=inspection.backlog_events,
            lag_seconds=await self._age_behind(keys.events, ledger, inspection.now_ms),
            reservations={"held": held, "confirmed": max(0, alive - held - finished), "finished": finished},
            memory_used_bytes=inspection.memory_used_bytes,
            memory_limit_bytes=inspection.memory_limit_bytes,
            script_calls=calls,
            script_seconds=microseconds / 1_000_000,
        )

    async def _age_behind(self, stream: str, position: Position, now_ms: int) -> float:
        """Seconds since the first entry behind `position`; 0 where there is none."""
        after = f"({position.epoch}-{position.seq}"
        rows = await self._ask("XRANGE", stream, after, "+", "COUNT", 1)
        if not rows:
            return 0.0
        fields = rows[0][1]
        at_ms = int(dict(zip(fields[::2], fields[1::2], strict=True))[b"at"])
        return max(0.0, (now_ms - at_ms) / 1000)


def _script_stats(info: str) -> tuple[int, int]:
    """Calls and microseconds; (0, 0) before the first script."""
    found = _SCRIPT_STATS.search(info)
    return (int(found[1]), int(found[2])) if found else (0, 0)
