"""How several API processes share one Redis: each sends its own batches, and Redis runs one after the other."""

import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import cast

from loadtests.bench.contenders import opened
from loadtests.bench.forms import NOT_QUICK, Figure, Form
from loadtests.bench.rows import RATE, Row, compared, take_turns

PROCESSES = 3
_REPOSITORY = Path(__file__).parents[3]
_names = count()


async def together(redis_url: str, number: int, processes: int) -> float:
    """Reservations per second of all of them, from when the first began to when the last ended. Raises RuntimeError."""
    async with opened(redis_url, 1):
        senders = [await _sender(redis_url, number) for _ in range(processes)]
        try:
            for sender in senders:
                await _line(sender)
            for sender in senders:
                cast("asyncio.StreamWriter", sender.stdin).write(b"go\n")
            times = [tuple(map(float, (await _line(sender)).split())) for sender in senders]
            if any([await sender.wait() for sender in senders]):
                raise RuntimeError("a sender was refused reservations")
        finally:
            for sender in senders:
                if sender.returncode is None:
                    sender.kill()
                    await sender.wait()
    seconds = max(ended for _, ended in times) - min(began for began, _ in times)
    return processes * number / seconds


async def _sender(redis_url: str, number: int) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "loadtests.bench.sender", redis_url, f"s{next(_names)}", str(number))
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=_REPOSITORY)


async def _line(sender: asyncio.subprocess.Process) -> bytes:
    line = await cast("asyncio.StreamReader", sender.stdout).readline()
    if not line:
        raise RuntimeError("a sender ended before it was done")
    return line


async def measure(redis_url: str, form: Form) -> Sequence[Row]:
    contenders = {
        str(processes): lambda processes=processes: together(redis_url, form.reservations, processes)
        for processes in (1, PROCESSES)
    }
    rates = await take_turns(contenders, form.rounds)
    name = f"kernel, batches of {PROCESSES} processes at once / of one"
    return [compared(name, RATE, rates[str(PROCESSES)], rates["1"], None)]


SHARING = Figure("sharing", measure, NOT_QUICK)
