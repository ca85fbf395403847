"""The time of a simulated platform: any clock will do; this one stands still until somebody waits."""

from typing import Protocol

NOON_MS = 1_767_240_000_000  # 2026-01-01 12:00 in China


class Clock(Protocol):
    def now_ms(self) -> int: ...


class SimulatedClock:
    def __init__(self) -> None:
        self.time_ms = NOON_MS
        self.waits_ms: list[int] = []

    def now_ms(self) -> int:
        return self.time_ms

    async def wait(self, wait_ms: int) -> None:
        self.waits_ms.append(wait_ms)
        self.time_ms += wait_ms

    def advance(self, by_ms: int) -> None:
        self.time_ms += by_ms
