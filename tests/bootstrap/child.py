"""A child for supervisor tests: says in a journal when it starts and ends. Run as a script.

Arguments: name, journal file, behaviour (`obeys`, `ignores` SIGTERM, or `dies` at once), then the supervisor's own.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from inventory_service.workers.shutdown import Shutdown, SupervisorLink


async def live(name: str, journal: Path, behaviour: str, descriptor: int) -> None:
    note(journal, f"start {name} {os.getpid()}")
    if behaviour == "dies":
        sys.exit(7)
    shutdown, link = Shutdown(), SupervisorLink(descriptor)
    shutdown.listen()
    if behaviour == "ignores":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    link.watch(shutdown)
    link.tell_ready()
    await shutdown.requested.wait()
    note(journal, f"end {name} {os.getpid()}")


def note(journal: Path, line: str) -> None:
    with journal.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    _, own_name, journal_path, own_behaviour, _, own_descriptor = sys.argv
    asyncio.run(live(own_name, Path(journal_path), own_behaviour, int(own_descriptor)))
