"""The program as a person or a script calls it, and what they can read of its answer."""

import json
from dataclasses import dataclass
from typing import Any

from tests.acceptance.service import RunningService


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def done(self) -> str:
        """The output of a command that must have done what it was told."""
        assert (self.code, self.err) == (0, ""), self
        return self.out

    def table(self) -> dict[str, str]:
        """First column → the rest of the line."""
        return {name: rest.strip() for name, _, rest in (line.partition("  ") for line in self.done().splitlines())}

    def refused(self, code: int = 1) -> str:
        """The one line that says why nothing was done."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.startswith("error: "), self
        assert "Traceback" not in self.err
        return self.err.removeprefix("error: ").rstrip("\n")

    def json(self, code: int = 0) -> Any:
        assert self.code == code, self
        return json.loads(self.out)


class Commands:
    """Commands beside one service."""

    def __init__(self, service: RunningService) -> None:
        self._service = service

    def __call__(self, *arguments: str) -> Said:
        done = self._service.cli(*arguments)
        return Said(done.returncode, done.stdout, done.stderr)
