"""A process that owns the servers, to be killed: starts them, prints their URLs, stops them when its input ends."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inventory_service.embedded import EmbeddedServers


@contextmanager
def supervisor(data_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    """Such a process, past its start; killed at the end if it still lives."""
    command = [sys.executable, "-m", "tests.embedded.supervisor", str(data_dir)]
    repository = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "started\n"
            yield process
        finally:
            process.kill()


async def main(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    await servers.start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await servers.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
