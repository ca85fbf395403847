"""Notices: what people are told of alarms, by whom they are answered for, and when it is time to tell."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

NAMED_MAX = 5  # alarms named in one notice; the others are counted
FACTS = (
    "deficit",
    "available",
    "warn_below",
    "failures",
    "reason",
    "state",
)  # of a detail; the rest may name customers' orders
CLOCK_BACK_MS = 60_000  # what is noted for later than this from now was noted before the clock was set back
_TEXT_MAX = 300


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Step(StrEnum):
    """What a notice says of its alarms."""

    OPENED = "opened"
    MORE = "more"  # others have joined them
    STILL = "still"  # nothing is new, and nobody has acknowledged all of them
    OVER = "over"
    TEST = "test"


class Person(NamedTuple):
    """Who is responsible. `mobile` is how chat robots call them, `email` how mail reaches them."""

    name: str
    mobile: str = ""
    email: str = ""


class Pace(NamedTuple):
    """How notices keep apart. Alarms of one burst are one notice, and one that is over at once is none."""

    gather_ms: int = 10_000  # between the first alarm and its notice
    more_ms: int = 300_000  # between notices that say MORE
    still_ms: int = 3_600_000
    calm_ms: int = 60_000  # an alarm that comes back within this was never over


class Place(NamedTuple):
    """Where an alarm is, as far as its detail tells; of a charge: how those places begin."""

    shop: str = ""
    warehouse: str = ""
    sku: str = ""

    def covers(self, other: "Place") -> bool:
        return all(there.startswith(begins) for begins, there in zip(self, other, strict=True))


class Rule(NamedTuple):
    """Alarms, by patterns such as `ledger_*`, and where they are told."""

    alarms: Sequence[str]
    sinks: Sequence[str]
    severity: Severity
    person: Person

    def fits(self, alarm: str) -> bool:
        return any(fnmatchcase(alarm, pattern) for pattern in self.alarms)


class Charge(NamedTuple):
    """Who is responsible for the places that begin so, whatever the rule says."""

    place: Place
    person: Person


class Rules(NamedTuple):
    """In both lists the first that fits decides; the last rule fits every alarm."""

    rules: Sequence[Rule]
    charges: Sequence[Charge] = ()

    def rule_of(self, alarm: str) -> Rule:
        return next(rule for rule in self.rules if rule.fits(alarm))

    def person_for(self, alarm: str, place: Place) -> Person:
        return next((each.person for each in self.charges if each.place.covers(place)), self.rule_of(alarm).person)


class Named(NamedTuple):
    """One alarm in a notice."""

    where: str
    since_ms: int
    facts: Mapping[str, str | int]


class Notice(NamedTuple):
    """One message to one sink. It stays as it was written, however often it has to be sent."""

    notice_id: str
    step: Step
    alarm: str  # the code of its alarms
    severity: Severity
    person: Person
    total: int  # alarms that are open, of OVER: that were
    ended: int  # alarms that were told, and are over since the notice before
    named: Sequence[Named]
    since_ms: int
    written_ms: int


def place_of(detail: Mapping[str, object]) -> Place:
    sku = detail.get("sku") or (detail.get("name") if detail.get("kind") == "sku" else "")
    return Place(_word(detail.get("shop")), _word(detail.get("warehouse") or detail.get("to")), _word(sku))


def named(cause: str, since_ms: int, detail: Mapping[str, object]) -> Named:
    """What may be told of an alarm outside: where it is, and a few of its figures."""
    facts = {name: detail[name] for name in FACTS if name in detail}
    told = {name: fact if isinstance(fact, int) else str(fact)[:_TEXT_MAX] for name, fact in facts.items()}
    return Named((_word(detail.get("id")) or cause)[:_TEXT_MAX], since_ms, told)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


class Standing(NamedTuple):
    """How it stands with the alarms of one kind, one sink and one person, from the first of them until it is over."""

    thread_id: int
    sink: str
    alarm: str
    severity: Severity
    person: Person
    seen_ms: int  # when the first one was seen
    told_ms: int  # when the last notice was written, 0: none was
    calm_ms: int  # since when none is open, 0: one is
    fresh: bool  # one is open that was not told yet
    waits: bool  # one is open that nobody has acknowledged
    longest_ms: int  # while nothing is told: how long the one that lasted longest was open, or is


def due(standing: Standing, pace: Pace, now_ms: int) -> Step | None:
    """What is to be told now, if anything is."""
    if standing.calm_ms:
        was_long = standing.told_ms or standing.longest_ms >= pace.gather_ms
        return Step.OVER if was_long and _has_passed(pace.calm_ms, standing.calm_ms, now_ms) else None
    if not standing.told_ms:
        return Step.OPENED if _has_passed(pace.gather_ms, standing.seen_ms, now_ms) else None
    if standing.fresh and _has_passed(pace.more_ms, standing.told_ms, now_ms):
        return Step.MORE
    if standing.waits and _has_passed(pace.still_ms, standing.told_ms, now_ms):
        return Step.STILL
    return None


def _has_passed(time_ms: int, since_ms: int, now_ms: int) -> bool:
    return not -CLOCK_BACK_MS <= now_ms - since_ms < time_ms


def is_nothing(standing: Standing, pace: Pace) -> bool:
    """Whether it was over before anybody had to know."""
    return bool(standing.calm_ms) and not standing.told_ms and standing.longest_ms < pace.gather_ms
