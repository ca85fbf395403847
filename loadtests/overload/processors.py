"""What a service takes of the processors, its servers included: on a shared machine the better measure."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12  # behind the name in /proc/<pid>/stat


def seconds_of(folder: Path) -> float:
    """Processor seconds of every process that names `folder` in its command line, and of everything below it."""
    stats = {pid: _stat(pid) for pid in (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())}
    members = {pid for pid in stats if str(folder).encode() in _read(pid, "cmdline")}
    while more := {pid for pid, stat in stats.items() if stat and int(stat[_PARENT]) in members} - members:
        members |= more
    return sum(int(stats[pid][_USER]) + int(stats[pid][_SYSTEM]) for pid in members if stats[pid]) / _TICKS


def _stat(pid: int) -> list[str]:
    return _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""  # it has ended
