"""Ends the service when whoever started it is gone: `python -m inventory_service.demo.channels.lifeline PID`.

The system closes our standard input when the demo dies, however it dies. After the word DONE nothing is left to end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

DONE = b"done\n"


@asynccontextmanager
async def lifeline(pid: int) -> AsyncIterator[None]:
    """The process `pid` is asked to end should this one die inside."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inventory_service.demo.channels.lifeline", str(pid)),
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is not for it
    )
    try:
        yield
    finally:
        with suppress(ConnectionError):
            await child.communicate(DONE)
        await child.wait()


def main() -> None:
    if sys.stdin.buffer.read() != DONE:
        with suppress(ProcessLookupError):
            os.kill(int(sys.argv[1]), signal.SIGTERM)


if __name__ == "__main__":
    main()
