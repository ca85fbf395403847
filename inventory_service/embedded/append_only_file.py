"""A log of Redis that a power cut has torn: Redis is told to refuse such a one, and its own tool cuts it.

It may simply stop, or where the file system had grown the file without writing it, zeros or old pages stand behind the
last whole command.
"""

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from inventory_service.embedded.errors import ServerFailed

FOLDER = "appendonlydir"
MANIFEST = "appendonly.aof.manifest"
_REFUSED = re.compile(
    r"(?:Bad file format|Unexpected end of file|Unknown command '.*') reading the append only file"
    r"|Error reading the append only file .*, error: unknown command"  # Valkey's words
)
# The server program is the tool when its name holds the tool's: Redis looks for the first word, Valkey for the second.
_TOOL = "redis-check-aof+valkey-check-aof"


@dataclass(frozen=True, slots=True)
class Repair:
    """`copy`: the file as it was found."""

    copy: Path
    bytes_cut: int


def is_damaged(log: str) -> bool:
    """Whether Redis says so of its file."""
    return _REFUSED.search(log) is not None


def repair(program: Path, home: Path) -> Repair:
    """Cut the log of the stopped server behind its last whole transaction; a copy stays beside it.

    Raises ServerFailed.
    """
    path = last_file(home)
    copy = path.with_name(f"{path.name}.damaged-{time.time_ns() // 1_000_000}")
    shutil.copy2(path, copy)
    command = [_TOOL, "--fix", str(home / FOLDER / MANIFEST)]
    done = subprocess.run(command, executable=program, input=b"y\n", capture_output=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise ServerFailed(f"Redis's log is damaged and could not be repaired; it is kept as {copy}:\n{said}")
    return Repair(copy, copy.stat().st_size - path.stat().st_size)


def last_file(home: Path) -> Path:
    """The one that Redis appends to, and the only one that can be torn: the last of type i in the manifest."""
    lines = [line.split() for line in (home / FOLDER / MANIFEST).read_text(encoding="utf-8").splitlines()]
    return home / FOLDER / next(words[1] for words in reversed(lines) if words[-1] == "i")
