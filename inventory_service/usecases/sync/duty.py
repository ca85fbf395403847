"""What every call of a shop has around it: whether it may be made, what came of it, and when to try again."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from inventory_service.usecases.sync.adapter import Adapter, ChannelError, CredentialRefused, Throttled
from inventory_service.usecases.sync.ports import CallWatch, Shop, Tells

PAUSED_LOOK_S = 1.0  # a new secret is taken over within 2 s
# A second refusal is what stops a shop and raises the alarm: it is not put off until the next poll.
REFUSED_S = 1.0
BACK_OFF_FIRST_S = 1.0
BACK_OFF_MAX_S = 60.0
_DOUBLINGS_MAX = 10


class Line(NamedTuple):
    """To one shop's platform, open."""

    shop: Shop
    adapter: Adapter
    watch: CallWatch
    tell: Tells


class Outcome(NamedTuple):
    """`error`: what the platform had against it. `called` False: the shop may not be called now."""

    wait_s: float
    error: ChannelError | None = None
    called: bool = True


class Duty:
    """One of one shop's. `attempt` makes its calls, or tells when to come back."""

    def __init__(self, name: str, line: Line) -> None:
        self._name = name
        self._shop = line.shop
        self._watch = line.watch
        self._tell = line.tell
        self._failures = 0

    async def attempt(self, work: Callable[[], Awaitable[float]]) -> Outcome:
        """`work` returns the seconds until it wants to run again. Raises what the stores raise."""
        if not await self._watch.may_call(self._shop.shop):
            return Outcome(PAUSED_LOOK_S, called=False)
        try:
            outcome = Outcome(await work())
            self._failures = 0
        except CredentialRefused as error:
            await self._watch.refused(self._shop.shop, error.which, str(error))
            outcome = Outcome(REFUSED_S, error)
        except ChannelError as error:
            outcome = Outcome(self._back_off_s(error), error)
        said = type(outcome.error).__name__ if outcome.error else "answered"
        self._tell.called(self._shop.channel, self._name, said)
        return outcome

    def _back_off_s(self, error: ChannelError) -> float:
        self._failures += 1
        wait_s = back_off_s(self._failures)
        return max(wait_s, error.wait_ms / 1000) if isinstance(error, Throttled) else wait_s


def back_off_s(failures: int) -> float:
    """1 s, 2 s, 4 s, … and at most a minute."""
    return min(BACK_OFF_MAX_S, BACK_OFF_FIRST_S * (1 << min(failures - 1, _DOUBLINGS_MAX)))
