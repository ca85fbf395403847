"""The README as a reader works through it: its blocks, and a shell that pastes them."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.acceptance.processes import family, kill_all
from tests.acceptance.service import REPOSITORY

BLOCK_SECONDS = 120.0
ADDRESS = "127.0.0.1:8080"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """`language` is what stands behind the fence, "" where nothing does."""

    section: str
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"README.md:{self.line} ({self.section})"

    @property
    def commands(self) -> list[str]:
        """Its lines without comments and blanks."""
        bare = (re.sub(r"(^|\s+)#( .*|$)", "", line).strip() for line in self.text.splitlines())
        return [line for line in bare if line]

    @property
    def promises(self) -> list[str]:
        """Comments on lines of their own that name a number."""
        lines = (line.strip() for line in self.text.splitlines())
        return [line[2:] for line in lines if line.startswith("# ") and re.search(r"\d", line)]


def blocks(readme: str) -> Iterator[Block]:
    for fence in _FENCE.finditer(readme):
        before = readme[: fence.start()]
        headings = _HEADING.findall(before)
        yield Block(headings[-1] if headings else "", fence[1], fence[2], before.count("\n") + 1)


@dataclass(frozen=True)
class Result:
    """What a block printed, and whether one of its commands failed."""

    failed: bool
    output: str


class Terminal:
    """One bash in a folder that looks like a fresh clone. What one block defines, the next one sees.

    The README's address becomes this service's; the rest of a block is what stands there.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._port = port
        self._number = 0
        for path in REPOSITORY.iterdir():
            if path.name not in {".git", ".venv", "data"}:
                (folder / path.name).symlink_to(path)
        (folder / ".venv").symlink_to(sys.prefix)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INVENTORY_")}
        temporary = folder / "tmp"
        temporary.mkdir(mode=0o1777)
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder, env={**clean, "INVENTORY_PORT": str(port), "TMPDIR": str(temporary)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._tell("set -E; trap 'failed=1' ERR")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bash.kill()
        kill_all(family([self._bash.pid]) - {os.getpid()})
        self._bash.communicate()

    def paste(self, text: str, language: str = "sh") -> Result:
        """Run a block to its end. AssertionError when it does not come to one."""
        self._number += 1
        script = self.folder / "tmp" / f"block-{self._number}.{language}"
        output = script.with_suffix(".out")
        script.write_text(text.replace(ADDRESS, f"127.0.0.1:{self._port}"), encoding="utf-8")
        run = f".venv/bin/python - <{script}" if language == "python" else f"source {script} </dev/null"
        self._tell(f"failed=; {run} >{output} 2>&1; echo ended $failed")
        assert self._bash.stdout is not None
        assert select.select([self._bash.stdout], [], [], BLOCK_SECONDS)[0], f"still running:\n{text}\n{_read(output)}"
        return Result(self._bash.stdout.readline().strip() != "ended", _read(output))

    def _tell(self, line: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(line + "\n")
        self._bash.stdin.flush()


def _read(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
