"""What must not grow with the number of faults: connections, open files, memory, and what the writer has to do."""

from pathlib import Path

from redis.asyncio import Redis

from tests.acceptance.waiting import eventually
from tests.faults.rig import Rig

# A process has two listening sockets, a handful of connections to Redis and a pool of at most 10 to Postgres.
FILES_MAX = 60
MEMORY_MAX_MB = 250  # 110 MB when new
CONNECTIONS_MAX = 40  # to Redis, of all processes


async def check_bounds(rig: Rig) -> list[str]:
    """To be asked when all callers have gone. Connections end on both sides: it may take a moment."""
    findings: list[str] = []

    async def back() -> bool:
        findings[:] = await _beyond(rig)
        return not findings

    try:
        await eventually(back, "connections are back to what they were")
    except AssertionError:
        return findings
    return []


async def _beyond(rig: Rig) -> list[str]:
    findings = []
    for process in rig.processes.values():
        files, memory_mb = open_files(process.pid), resident_mb(process.pid)
        if files > FILES_MAX:
            findings.append(f"leak: {process.name} has {files} open files")
        if memory_mb > MEMORY_MAX_MB:
            findings.append(f"leak: {process.name} has {memory_mb} MB")
    async with Redis.from_url(rig.redis.url) as client:
        connections = int((await client.info("clients"))["connected_clients"])
    if connections > CONNECTIONS_MAX:
        findings.append(f"leak: {connections} connections to Redis")
    return findings


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir())) if pid else 0


def resident_mb(pid: int) -> int:
    if not pid:
        return 0
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))
