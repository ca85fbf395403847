"""What opens a shop: its versions, which of them counts when, and when people have to be told of one.

While a secret is being changed two versions are live. The newest signs; what the platform signs may be of either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

LIVE_MAX = 2
OVERLAP_SECONDS = 3600
OVERLAP_SECONDS_MAX = 30 * 86_400
WARN_DAYS = (30, 7, 1)
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One version, opened. Never shown: the secrets stay out of every representation.

    `refresh_token` "": the access token cannot be renewed by a call. `expires_ms`: when the access token ends,
    `renewable_until_ms`: when the refresh token does; None: never, or nobody said so.
    """

    version: int
    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_ms: int | None = None
    renewable_until_ms: int | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.app_secret, self.access_token, self.refresh_token)))


class State(StrEnum):
    CURRENT = "current"
    PREVIOUS = "previous"  # valid for a while yet, beside the one that replaces it
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What may be told of a version. `renews`: its access token is renewed by a call.

    `valid_until_ms`: the end of its overlap, None: nothing replaced it. `renewed_ms`: when its tokens last changed.
    `warned_days`: for how many days before its end people were told already, None: not yet.
    """

    version: int
    app_key: str
    set_by: str
    set_ms: int
    renewed_ms: int
    valid_until_ms: int | None = None
    retired_ms: int | None = None
    expires_ms: int | None = None
    renewable_until_ms: int | None = None
    renews: bool = False
    warned_days: int | None = None
    sealed_with: int = 0  # version of the sealing key, 0: nothing is kept of it

    @property
    def ends_ms(self) -> int | None:
        """When a person has to have replaced it."""
        return self.renewable_until_ms if self.renews else self.expires_ms


def live(versions: Sequence[Version], now_ms: int) -> list[Version]:
    """Those that are valid, newest first: the first signs, all of them verify."""
    valid = [each for each in versions if each.retired_ms is None and (each.valid_until_ms or now_ms + 1) > now_ms]
    return sorted(valid, key=lambda each: -each.version)[:LIVE_MAX]


def state_of(version: Version, versions: Sequence[Version], now_ms: int) -> State:
    """Among all `versions` of its shop."""
    found = live(versions, now_ms)
    if version not in found:
        return State.RETIRED
    return State.CURRENT if version == found[0] else State.PREVIOUS


def days_reached(version: Version, now_ms: int) -> int | None:
    """The fewest of WARN_DAYS before its end that have been reached; None: it has longer yet.

    What lasts for less than so many days from the start is not told of them: tokens of two weeks that are renewed
    every day would be told of all the time.
    """
    if version.ends_ms is None:
        return None
    lasts_ms, left_ms = version.ends_ms - version.renewed_ms, version.ends_ms - now_ms
    return min((days for days in WARN_DAYS if left_ms <= days * DAY_MS < lasts_ms), default=None)


def warning_due(version: Version, now_ms: int) -> int | None:
    """As `days_reached`, unless that was told already."""
    days = days_reached(version, now_ms)
    told = version.warned_days
    return days if days is not None and (told is None or days < told) else None
