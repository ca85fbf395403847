"""The append-only file of a stopped Redis: read, and torn as a power cut or a lying disk tears it.

Only the last incremental file is touched: in front of it lies what a rewrite or a restart has made sure of.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inventory_service.embedded.append_only_file import last_file


class Tail(StrEnum):
    """What is found where the lost bytes were."""

    NOTHING = "nothing"  # the file ends there
    ZEROS = "zeros"  # the file system had grown the file, not written it
    NOISE = "noise"  # pages of something else: the same


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the file: bytes start to end, and its words."""

    start: int
    end: int
    words: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """What Redis applies as a whole: MULTI … EXEC of a script, or one command alone."""

    start: int
    end: int
    commands: tuple[Command, ...]

    @property
    def stream_ids(self) -> list[str]:
        """`epoch-seq` of the log entries that it adds."""
        return [command.words[2].decode() for command in self.commands if command.words[0].upper() == b"XADD"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the log."""

    path: Path
    offset: int


def log_end(home: Path) -> Mark:
    """Where the log of the server with this data folder ends now."""
    path = last_file(home)
    return Mark(path, path.stat().st_size)


def read(path: Path, start: int = 0) -> Iterator[Command]:
    """Whole commands from `start` on, up to the end or to the first that is torn."""
    data = path.read_bytes()
    position = start
    while command := _command_at(data, position):
        yield command
        position = command.end


def transactions(path: Path, start: int = 0) -> list[Transaction]:
    """Whole transactions from `start` on; the words of MULTI and EXEC are left out."""
    found: list[Transaction] = []
    open_since: int | None = None
    inside: list[Command] = []
    for command in read(path, start):
        match command.words[0].upper():
            case b"MULTI":
                open_since, inside = command.start, []
            case b"EXEC" if open_since is not None:
                found.append(Transaction(open_since, command.end, tuple(inside)))
                open_since = None
            case _ if open_since is None:
                found.append(Transaction(command.start, command.end, (command,)))
            case _:
                inside.append(command)
    return found


def tear(since: Mark, rng: random.Random, tail: Tail = Tail.NOTHING) -> list[Transaction]:
    """Lose the log from a random byte behind `since` on; the transactions that are gone, the oldest first.

    The server is stopped. AssertionError when the log went on in another file: the mark says nothing then.
    """
    end = log_end(since.path.parent.parent)
    assert end.path == since.path, f"the log was rewritten: {end.path.name}"
    cut = _off_line_ends(transactions(since.path), rng.randint(since.offset, end.offset))
    lost = [each for each in transactions(since.path) if each.end > cut]
    size = end.offset - cut
    replacement = {Tail.NOTHING: b"", Tail.ZEROS: bytes(size), Tail.NOISE: rng.randbytes(size)}[tail]
    with since.path.open("r+b") as file:
        file.truncate(cut)
        file.seek(cut)
        file.write(replacement)
    return lost


def _off_line_ends(known: list[Transaction], cut: int) -> int:
    """Redis does not look at the two bytes that end a command: one without them is whole."""
    return next((each.end for each in known if each.end - 2 <= cut < each.end), cut)


def _command_at(data: bytes, position: int) -> Command | None:
    """`*<count>`, then per word `$<length>` and the word, each with a line end; None where that is not so."""
    start = position
    count, position = _number_at(data, position, b"*")
    words: list[bytes] = []
    for _ in range(count):
        length, position = _number_at(data, position, b"$")
        end = position + length
        if length < 0 or data[end : end + 2] != b"\r\n":
            return None
        words.append(data[position:end])
        position = end + 2
    return Command(start, position, tuple(words)) if words else None


def _number_at(data: bytes, position: int, sign: bytes) -> tuple[int, int]:
    """The number of a line such as `*3`, and where the next line starts; -1 where there is none."""
    end = data.find(b"\r\n", position)
    line = data[position:end]
    if end < 0 or line[:1] != sign or not line[1:].isdigit():
        return -1, position
    return int(line[1:]), end + 2
