"""What is given up, step by step, while the ledger falls behind or memory fills: lists, reads, new holds.

What ends a promise (confirm, release, scan, expiry) is never given up. The last step is the kernel's: it refuses new
holds past its own bounds.
"""

from collections.abc import Sequence
from enum import IntEnum


class Brownout(IntEnum):
    """What is refused: this and everything before it."""

    NONE = 0
    LISTS = 1
    READS = 2
    HOLDS = 3


# Shares of the bound at which a step begins. A service may live at 70 % of its memory for years, but a backlog is empty
# when all is well.
BACKLOG_STEPS = (0.5, 0.75, 1.0)
MEMORY_STEPS = (0.85, 0.95, 1.0)
# A step ends only so far below where it began, or it would come and go with every flush.
HYSTERESIS = 0.05


def brownout(backlog: float, memory: float, before: Brownout = Brownout.NONE) -> Brownout:
    """The step at these shares of the two bounds; `before`: the one that was in force."""
    return max(_step(backlog, BACKLOG_STEPS, before), _step(memory, MEMORY_STEPS, before))


def _step(share: float, steps: Sequence[float], before: Brownout) -> Brownout:
    begun = sum(share >= step for step in steps)
    kept = sum(share >= step - HYSTERESIS for step in steps)
    return Brownout(max(begun, min(kept, before)))
