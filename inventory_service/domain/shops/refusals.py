"""When refused calls mean that a shop's credential is wrong, and when it is worth calling again."""

from typing import NamedTuple

# A call is refused when no live version opens the shop. Once may be the platform's mood, and each further one may lock
# the account: a second, with no success between, is enough. Two polls are apart by minutes at most.
BURST = 2
WITHIN_MS = 15 * 60_000


class Refusals(NamedTuple):
    """Of calls while `version` was the newest, since the last one that went well."""

    version: int = 0
    at_ms: tuple[int, ...] = ()

    @property
    def is_burst(self) -> bool:
        return len(self.at_ms) >= BURST


def one_more(refusals: Refusals, version: int, now_ms: int) -> Refusals:
    """A newer version is judged by its own refusals alone."""
    earlier = refusals.at_ms if refusals.version == version else ()
    recent = tuple(at_ms for at_ms in earlier if now_ms - at_ms <= WITHIN_MS)
    return Refusals(version, (*recent, now_ms)[-BURST:])


def resumes(paused_version: int, newest_version: int) -> bool:
    """Whether somebody has set another credential since."""
    return newest_version > paused_version
