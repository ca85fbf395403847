"""Kernel scripts: assembled from `lua/` by their include lines, named by the hash of their text."""

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha1
from pathlib import Path

from inventory_service.resources import resource_folder

_INCLUDE = re.compile(r'^--- @include "(?P<name>[\w/]+)"\s*$')
_SHEBANG = "#!lua"


class ScriptAssemblyError(Exception):
    """An include is missing or runs in a circle; says in which file and line."""


@dataclass(frozen=True)
class Script:
    """The assembled text, as Redis numbers its lines in errors, and its SHA-1 as EVALSHA wants it."""

    name: str
    text: str

    @cached_property
    def sha(self) -> str:
        return sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    def allowing_oom(self) -> "Script":
        """The same script under the flag that lets it run when memory is full: flags belong to a text."""
        return Script(f"{self.name}, allow-oom", self.text.replace(_SHEBANG, f"{_SHEBANG} flags=allow-oom", 1))


def assemble(name: str, folder: Path | None = None) -> Script:
    """The script `name`.lua with every include in place, each file once, in order of dependency."""
    return Script(name, "\n".join(_expand(folder or resource_folder("lua"), name, [], set())) + "\n")


def _expand(folder: Path, name: str, above: list[str], done: set[str]) -> list[str]:
    own: list[str] = []
    needed: list[str] = []  # stands in front of a piece, whose block is its own; in a script itself where it says so
    for number, line in enumerate((folder / f"{name}.lua").read_text(encoding="utf-8").splitlines(), start=1):
        include = _INCLUDE.match(line)
        if include is None:
            own.append(line)
        elif (wanted := include["name"]) not in done:
            _check(folder, wanted, [*above, name], f"{name}.lua:{number}")
            (needed if above else own).extend(_expand(folder, wanted, [*above, name], done))
            done.add(wanted)
    return needed + (_block(name, own) if above else own)


def _block(name: str, piece: list[str]) -> list[str]:
    """Lua has room for 200 local variables in one block. Nobody else sees what a command needs, nor of a library with a
    table of its own name more than that table; one without is for all to see.
    """
    folder, _, table = name.partition("/")
    if folder == "commands":
        return ["do", *piece, "end"]
    beginning = f"local {table} = "
    if not any(line.startswith(beginning) for line in piece):
        return piece
    inner = (line.removeprefix("local ") if line.startswith(beginning) else line for line in piece)
    return [f"local {table} do", *inner, "end"]


def _check(folder: Path, wanted: str, above: list[str], place: str) -> None:
    if wanted in above:
        raise ScriptAssemblyError(f"{place}: {' → '.join([*above, wanted])} is a circle")
    if not (folder / f"{wanted}.lua").is_file():
        raise ScriptAssemblyError(f"{place}: there is no {wanted}.lua")
