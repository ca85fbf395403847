"""Processes of one service, found by what belongs together, never by name."""

import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def command_line(pid: int) -> list[str]:
    """Arguments of a process, [] when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    return []


def children(pid: int) -> set[int]:
    """Living direct children."""
    parents, _ = _relations()
    return {child for child, parent in parents.items() if parent == pid and alive(child)}


def family(roots: Iterable[int]) -> set[int]:
    """The roots, all processes below them, and all of their sessions, as far as they live."""
    parents, sessions = _relations()
    members = {pid for pid in roots if pid in parents}
    while True:
        kin = {sessions[pid] for pid in members}
        more = {pid for pid in parents if parents[pid] in members or sessions[pid] in kin} - members
        if not more:
            return {pid for pid in members if alive(pid)}
        members |= more


def recorded_pids(data_dir: Path) -> set[int]:
    """Embedded servers that the service wrote down, as far as they still are what was written down.

    A pid is only believed while its process works in `data_dir` or names it: after a crash the number
    may belong to somebody else.
    """
    found: set[int] = set()
    for path in data_dir.glob("**/servers.json"):
        with suppress(OSError, ValueError):
            found |= _pids_in(json.loads(path.read_text()))
    return {pid for pid in found if _works_in(pid, data_dir)}


def kill_all(pids: Iterable[int]) -> None:
    """SIGKILL; who is gone already is gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _works_in(pid: int, data_dir: Path) -> bool:
    if any(str(data_dir) in argument for argument in command_line(pid)):
        return True
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(data_dir)
    return False


def _pids_in(value: object) -> set[int]:
    if isinstance(value, dict):
        own = {v for k, v in value.items() if str(k).endswith("pid") and isinstance(v, int) and v > 1}
        return own.union(*(_pids_in(v) for v in value.values()))
    if isinstance(value, list):
        return set[int]().union(*(_pids_in(v) for v in value))
    return set()


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat behind the name: state, parent, group, session …; [] when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _relations() -> tuple[dict[int, int], dict[int, int]]:
    """(pid → parent, pid → session) of everything on the machine."""
    parents, sessions = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
            sessions[int(entry.name)] = int(fields[3])
    return parents, sessions
