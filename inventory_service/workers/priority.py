"""Who goes first where processors are short."""

import os
from contextlib import suppress
from pathlib import Path

# Linux weighs a step of niceness by 1.25: where both want a processor, five steps leave the ledger a quarter of it.
# Ten left a tenth: reserves were no faster for it, and lists fell behind by seconds.
STEPS = 5
# Processes of another session are weighed by their sessions first, where nobody has put them into control groups.
_SESSION = Path("/proc/self/autogroup")


def give_way() -> None:
    """Let callers go first: what they were told is on the disk of Redis already, and the ledger may take it over later.

    On two cores the worker and what it asks of Postgres took as much as the API itself, while the sale was on.
    """
    with suppress(OSError):  # an account may have no niceness left to give
        os.nice(STEPS)
    with suppress(OSError):
        _SESSION.write_text(str(STEPS))
