"""How often and how long a call is repeated, and how long it waits in between."""

import random

from msgspec import Struct

FIRST_WAIT_SECONDS = 0.1
WAIT_SECONDS_MAX = 5.0


class Retry(Struct, frozen=True, kw_only=True):
    """A call is repeated, the same to the byte, until it is answered, `attempts` are used up or time is.

    `total_seconds` bounds all attempts and the waits between them. `attempt_seconds` bounds one; None: 7 s, and 17 s
    for calls that take lists, which is what the service promises (5 and 15 s) and the way there and back.
    Raises ValueError for a bound that is not above 0.
    """

    attempts: int = 10
    total_seconds: float = 30.0
    attempt_seconds: float | None = None

    def __post_init__(self) -> None:
        attempt_seconds = 1.0 if self.attempt_seconds is None else self.attempt_seconds
        if min(self.attempts, self.total_seconds, attempt_seconds) <= 0:
            raise ValueError(f"{self}: every bound must be above 0")


def wait_seconds(attempt: int, retry_after_seconds: float) -> float:
    """Before the next attempt: what the service asked for, and a random share of a back-off that doubles.

    The share is random so that callers who were turned away together do not come back together.
    """
    back_off = min(WAIT_SECONDS_MAX, FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1))
    return retry_after_seconds + random.uniform(0, back_off)  # noqa: S311  # spreads load, guards nothing
