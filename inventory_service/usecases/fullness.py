"""How full the stores are, from what Redis says of itself, and what is refused meanwhile."""

from inventory_service.domain.brownout import Brownout, brownout
from inventory_service.usecases.standing import HotInspection


def backlog_share(seen: HotInspection) -> float:
    """Of the limit past which the kernel refuses new holds."""
    return seen.backlog_events / seen.backlog_limit if seen.backlog_limit else 0.0


def memory_share(seen: HotInspection) -> float:
    """Of the limit at which Redis refuses new holds."""
    return seen.memory_used_bytes / seen.memory_limit_bytes if seen.memory_limit_bytes else 0.0


def step_of(seen: HotInspection, before: Brownout = Brownout.NONE) -> Brownout:
    return brownout(backlog_share(seen), memory_share(seen), before)


def holds_refused(seen: HotInspection) -> str:
    """Why no new hold is taken, "": they are."""
    if backlog_share(seen) > 1:
        return "The ledger is too far behind: new holds are refused."
    if memory_share(seen) >= 1:
        return "Redis's memory is full: new holds are refused."
    return ""
