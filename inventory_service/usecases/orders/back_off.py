"""When to try again what was in vain: 5 s, 10 s, 20 s, … and at most an hour later."""

FIRST_MS = 5_000
LONGEST_MS = 3_600_000
_DOUBLINGS_MAX = 10


def next_try_ms(now_ms: int, attempts: int) -> int:
    return now_ms + min(LONGEST_MS, FIRST_MS << min(attempts, _DOUBLINGS_MAX))
