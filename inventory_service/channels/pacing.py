"""How fast one shop's calls may follow each other, and how long a failed one rests."""

import random

WAIT_MS_MAX = 120_000  # a longer ban is for whoever plans the next poll: nobody waits in a call for a new day
FIRST_BACK_OFF_MS = 500
BACK_OFF_MS_MAX = 30_000


class Pace:
    """Calls of one name keep a distance; a platform that said "not before" is believed."""

    def __init__(self, calls_per_second: float) -> None:
        self._distance_ms = 1000 / calls_per_second
        self._free_at_ms: dict[str, float] = {}

    def wait_ms(self, api: str, now_ms: int) -> int:
        """How long the caller has to wait; unless that is too long, the moment is his."""
        at_ms = max(self._free_at_ms.get(api, 0.0), now_ms)
        wait_ms = round(at_ms - now_ms)
        if wait_ms <= WAIT_MS_MAX:
            self._free_at_ms[api] = at_ms + self._distance_ms
        return wait_ms

    def hold(self, api: str, until_ms: int) -> None:
        self._free_at_ms[api] = max(self._free_at_ms.get(api, 0.0), until_ms)


def back_off_ms(attempt: int) -> int:
    """After the failed `attempt`, from 1: doubling, a random half of it, so that shops do not come back together."""
    longest = min(BACK_OFF_MS_MAX, FIRST_BACK_OFF_MS * 2.0 ** (attempt - 1))
    return round(longest * random.uniform(0.5, 1))  # noqa: S311  # spreads load, guards nothing
