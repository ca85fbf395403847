"""Runs a job by wrk where that is at hand, else by our own generator."""

import asyncio
import math
import shutil
import sys
from pathlib import Path

import msgspec

from loadtests.bench.calls import Job, Told

WRK_SCRIPT = Path(__file__).with_name("wrk.lua")
LATE_SECONDS = 20.0  # that a generator may take beyond its job, to start and to sum up
_GENERATOR = (sys.executable, "-m", "loadtests.bench.generator")
_REPOSITORY = Path(__file__).parents[2]


class GeneratorFailed(Exception):
    """The generator did not do its job; carries what it said."""


async def drive(job: Job) -> Told:
    """Raises WrongAnswers, GeneratorFailed."""
    wrk = shutil.which("wrk")
    told = await (_by_wrk(wrk, job) if wrk and not job.per_second else _by_ours(job))
    told.check()
    return told


def generator_name() -> str:
    return "wrk" if shutil.which("wrk") else "own generator"


async def _by_ours(job: Job) -> Told:
    said = await _run(_GENERATOR, msgspec.json.encode(job), job.warm_up_seconds + job.seconds)
    return msgspec.json.decode(said, type=Told)


async def _by_wrk(wrk: str, job: Job) -> Told:
    """It knows whole seconds only, and no warm-up, which is ours then."""
    if job.warm_up_seconds:
        changes = {"name": f"{job.name}w", "seconds": job.warm_up_seconds, "warm_up_seconds": 0.0}
        await _by_ours(msgspec.structs.replace(job, **changes))
    seconds = math.ceil(job.seconds)
    size = ("--threads", "1", "--connections", str(job.connections), "--duration", f"{seconds}s")
    arguments = (job.path, job.api_key or "-", str(job.operations), *job.parts)
    url = f"http://127.0.0.1:{job.port}"
    said = await _run((wrk, *size, "--script", str(WRK_SCRIPT), url, "--", *arguments), b"", seconds)
    return msgspec.json.decode(said.strip().rpartition(b"\n")[2], type=Told)


async def _run(command: tuple[str, ...], written: bytes, seconds: float) -> bytes:
    """What it prints. Raises GeneratorFailed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=_REPOSITORY)
    try:
        said, complaint = await asyncio.wait_for(process.communicate(written), seconds + LATE_SECONDS)
    except TimeoutError:
        raise GeneratorFailed(f"{Path(command[0]).name} did not end") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise GeneratorFailed(f"the load generator ended with {process.returncode}: {last}")
    return said
