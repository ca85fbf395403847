"""A process looks at itself once a second: its connections, and how long it kept everybody waiting."""

import time

from inventory_service.ledger.pool import Pool
from inventory_service.telemetry import runtime

PULSE_S = 1.0


class Pulse:
    """`run_once` is a `Loop`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._due_s = 0.0

    async def run_once(self) -> float:
        now_s = time.perf_counter()
        runtime.tell_delay(max(0.0, now_s - self._due_s) if self._due_s else 0.0)
        idle = self._pool.get_idle_size()
        runtime.tell_pool(self._pool.get_size() - idle, idle, self._pool.get_max_size())
        self._due_s = now_s + PULSE_S
        return PULSE_S
