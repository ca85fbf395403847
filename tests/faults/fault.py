"""What a kind of fault is. Each module of `classes/` lists its own in `FAULTS`; `all_faults` finds them."""

import importlib
import pkgutil
import random
import shutil
from collections.abc import Iterable, Sequence
from typing import Protocol

from tests.faults.rig import Rig


class Fault(Protocol):
    """`needs`: programs that the machine must have. `weight`: how often in comparison with others of a run.

    `yields`: the quota of a run that each scenario counts for (`kill`, `torn_tail`, `promotion`), "": none. What was
    really done is counted in `Rig.seen`, under names that begin so: `kill.api`.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> Sequence[str]: ...

    @property
    def weight(self) -> int: ...

    @property
    def yields(self) -> str: ...

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        """Strike while the load runs, and return once it has struck: with the evidence in a few words.

        "": it hit nothing this time. A run fails if a class never hit anything. Everything random comes from `rng`.
        """

    async def heal(self, rig: Rig) -> None:
        """Undo what `Rig.heal`, which follows, does not know of."""

    async def afterwards(self, rig: Rig) -> None:
        """What must come true once everything is healed, before the checker looks. Raises AssertionError."""


class Plain:
    """Defaults for most kinds of fault."""

    needs: Sequence[str] = ()
    weight = 1
    yields = ""

    def __init__(self, name: str) -> None:
        self.name = name

    async def heal(self, rig: Rig) -> None:
        """`Rig.heal` does it all."""

    async def afterwards(self, rig: Rig) -> None:
        """What the checker looks at is all."""


def all_faults() -> list[Fault]:
    """In the order of their names."""
    package = importlib.import_module("tests.faults.classes")
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    return sorted((fault for module in modules for fault in module.FAULTS), key=lambda fault: str(fault.name))


def named(names: str) -> list[Fault]:
    """Those of a comma-separated list: each word names one kind, or part of the names of several."""
    faults = all_faults()
    words = names.split(",")
    exact = {fault.name for fault in faults} & set(words)
    return [fault for fault in faults if fault.name in exact or _matches(fault, set(words) - exact)]


def _matches(fault: Fault, words: Iterable[str]) -> bool:
    return any(word in fault.name for word in words)


def missing(fault: Fault) -> list[str]:
    """Programs that this machine lacks for it."""
    return [program for program in fault.needs if shutil.which(program) is None]
