"""What notices need from outside: the book that remembers them, and the sinks that people read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from inventory_service.domain.notices import Notice, Pace, Person, Severity, Standing, Step


class SinkFailed(Exception):
    """The notice did not arrive, as far as anybody knows. `wait_ms`: the sink wants no other one so long."""

    def __init__(self, reason: str, wait_ms: int = 0) -> None:
        super().__init__(reason)
        self.wait_ms = wait_ms


class Limit(NamedTuple):
    """At most so many messages within any window."""

    messages: int
    window_ms: int


class Sink(Protocol):
    """Somewhere that people look."""

    @property
    def limits(self) -> Sequence[Limit]: ...
    async def send(self, notice: Notice) -> str:
        """What the other side answered. Raises SinkFailed."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Unseen:
    """An alarm that no thread has yet."""

    alert_id: int
    alarm: str
    detail: Mapping[str, object]


class Thread(NamedTuple):
    """Whose alarms are told together."""

    sink: str
    alarm: str
    person: Person
    severity: Severity


class Claimed(NamedTuple):
    """A notice whose sending begins; `attempts` with this one."""

    number: int
    notice: Notice
    attempts: int


class NoticeBook(Protocol):
    """Every method raises NotReady while it cannot be asked; each may be repeated."""

    async def begin(self, sinks: Sequence[str]) -> None:
        """Forget what was meant for other sinks; take up what was left under way."""

    async def position(self) -> int:
        """The newest alarm there is; noted the first time, so that what was over before is never told."""

    async def unseen(self, gather_ms: int, limit: int) -> Sequence[Unseen]:
        """Open ones, and of those that came since the last look also what is over, but took at least `gather_ms`."""

    async def see(self, threads: Mapping[Thread, Sequence[int]], now_ms: int) -> None:
        """Put alarms into their threads."""

    async def looked(self, position: int) -> None:
        """Everything up to there has been seen."""

    async def standings(self, pace: Pace, now_ms: int) -> Sequence[Standing]:
        """Threads that may have something to tell; not those whose notice is still on its way."""

    async def write(self, standing: Standing, step: Step, now_ms: int) -> bool:
        """Note what is to be sent. False: another worker was quicker, or all of it has just ended."""

    async def forget(self, standing: Standing) -> None:
        """End a thread without a word."""

    async def clear_sent(self, before_ms: int) -> None: ...
    async def tried_since(self, sink: str, since_ms: int) -> Sequence[int]:
        """When notices were tried, the oldest first."""

    async def claim(self, sink: str, now_ms: int, abandoned_ms: int) -> Claimed | None:
        """The one that is due longest. One under way since before `abandoned_ms` counts as not sent."""

    async def sent(self, number: int, answer: str, now_ms: int) -> None: ...
    async def failed(self, number: int, answer: str, again_ms: int) -> None: ...
