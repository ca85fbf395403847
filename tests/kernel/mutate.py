"""Breaks the Lua one line at a time and tells which breaks no test of this folder notices.

    python -m tests.kernel.mutate [--seconds 300] [--only lua/commands/release.lua] [--seed 1]

Not part of the suite: a survivor is a question to a person, as some breaks change nothing that can be seen.
"""

import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis.stateful  # noqa: F401 - slow to import, and each fork has it
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LUA = REPOSITORY / "lua"
HERE = Path(__file__).parent
TESTS = [*map(str, sorted(HERE.glob("test_tables_*.py"))), str(HERE / "test_model.py")]  # the quickest to notice first
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
TEST_SECONDS_MAX = 240

# Each match of a pattern makes one mutant.
SWAPS = [
    (r"(?<![~<>=])==(?!=)", "~="),
    (r"~=", "=="),
    (r"(?<![<-])>=", ">"),
    (r"<=", "<"),
    (r"(?<![-<>=~])>(?!=)", ">="),
    (r"<(?!=)", "<="),
    (r"(?<=[\w)\]]) \+ (?=[\w(])", " - "),
    (r"(?<=[\w)\]]) - (?=[\w(])", " + "),
    (r"\band\b", "or"),
    (r"\bor\b", "and"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"\bmath\.min\b", "math.max"),
    (r"\bmath\.max\b", "math.min"),
    (r"(?<![\w\"\[.])0(?![\w\"\].])", "1"),
    (r"(?<![\w\"\[.])1(?![\w\"\].])", "2"),
    (r"\bnot ", ""),
]
# A line that is a whole statement can be dropped.
STATEMENT = re.compile(r"^\s+(?!local |return|end|else|if |for |while |function )[\w.\[\]]+[^{]*[)\w\]]$")


class Mutant(NamedTuple):
    path: Path
    line: int  # from 1
    before: str
    after: str

    def __str__(self) -> str:
        place = f"{self.path.relative_to(REPOSITORY)}:{self.line}"
        return f"{place}: {self.before.strip()}  →  {self.after.strip() or '(dropped)'}"


def mutants(path: Path) -> Iterator[Mutant]:
    lines = path.read_text().splitlines()
    in_header = False
    for number, line in enumerate(lines, start=1):
        in_header = (in_header or line.startswith("--[[")) and not line.startswith("]]")
        code = line.partition("--")[0]
        if in_header or not code.strip() or line.startswith("#!"):
            continue
        for pattern, swapped in SWAPS:
            for match in re.finditer(pattern, code):
                yield Mutant(path, number, line, f"{code[: match.start()]}{swapped}{code[match.end() :]}")
        if STATEMENT.match(code):
            yield Mutant(path, number, line, "")


def survives(mutant: Mutant) -> bool:
    """Whether every test passes on the broken Lua. A run that takes too long has noticed."""
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder, "lua")
        shutil.copytree(LUA, broken)
        target = broken / mutant.path.relative_to(LUA)
        lines = target.read_text().splitlines()
        lines[mutant.line - 1] = mutant.after
        target.write_text("\n".join(lines) + "\n")
        return tests_pass(broken)


def tests_pass(lua: Path) -> bool:
    """Run the tests in a fork of this process, which has imported what is slow to import."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 0
    # Derandomized, or a mutant would survive by chance; no shrinking, as nobody reads why it was killed.
    os.environ.update(KERNEL_LUA=str(lua), KERNEL_SHRINK="no", CI="1")
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    signal.signal(signal.SIGALRM, signal.default_int_handler)  # as Ctrl-C: the fixtures end their servers
    signal.alarm(TEST_SECONDS_MAX)
    os._exit(pytest.main([*OPTIONS, *TESTS]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=300, help="stop after this long")
    parser.add_argument("--only", default="", help="one file of lua/")
    parser.add_argument("--seed", type=int, default=1, help="which of them come first")
    wanted = parser.parse_args()
    paths = [REPOSITORY / wanted.only] if wanted.only else [LUA / "apply.lua", *LUA.glob("lib/*.lua")]
    paths += [] if wanted.only else LUA.glob("commands/*.lua")
    if not tests_pass(LUA):
        sys.stdout.write("the tests fail on the Lua as it is\n")
        return 2
    listed = [mutant for path in sorted(paths) for mutant in mutants(path)]
    random.Random(wanted.seed).shuffle(listed)
    until, tried, survivors = time.monotonic() + wanted.seconds, 0, 0
    for mutant in listed:
        if time.monotonic() > until:
            break
        tried += 1
        if survives(mutant):
            survivors += 1
            sys.stdout.write(f"survived  {mutant}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{tried} of {len(listed)} mutants tried, {survivors} survived\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
