"""How soon the harness sees a bug: scenarios against a service with the bug in it, until one has findings."""

import importlib
import os
import pkgutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.checker import Checker
from tests.faults.fault import Fault, missing, named
from tests.faults.plan import FORMS
from tests.faults.rig import Rig
from tests.faults.scenario import Result, Scenario
from tests.faults.shop import open_warehouses

PLANTED = "FAULT_PLANTED"
FORM = FORMS["short"]


@dataclass(frozen=True, slots=True)
class Bug:
    """A module of `planted`. `wrong` and `seen_by`: the two halves of its docstring. `settings`: of the rig's Redis."""

    name: str
    wrong: str
    seen_by: str
    faults: Sequence[Fault]
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hunt:
    """`scenarios`: how many it took, the last one with `findings`; without findings the bug was not seen."""

    bug: str
    seed: int
    scenarios: int
    acknowledged: int
    seconds: float
    fault: str
    findings: Sequence[str]


def all_bugs() -> list[Bug]:
    """In the order of their names; what this machine cannot strike is left out of their faults."""
    package = importlib.import_module("tests.faults.planted")
    return [_bug(found.name) for found in pkgutil.iter_modules(package.__path__) if found.name != "__main__"]


def plant(name: str) -> None:
    """Put the bug into this process."""
    _module(name).plant()


def _module(name: str) -> Any:
    return importlib.import_module(f"tests.faults.planted.{name}")


def _bug(name: str) -> Bug:
    module = _module(name)
    wrong, seen_by = (module.__doc__ or "").strip().split("\n\nSeen by: ")
    faults = [fault for fault in named(module.FAULTS) if not missing(fault)]
    return Bug(name, " ".join(wrong.split()), " ".join(seen_by.split()), faults, getattr(module, "SETTINGS", {}))


async def hunt(rig: Rig, bug: Bug, seed: int, scenarios_max: int) -> Hunt:
    """Runs the bug's faults in turn, until there are findings or enough is enough."""
    started = time.monotonic()
    async with _planted(rig, bug):
        results = await _run(rig, bug.faults, seed, scenarios_max, until_found=True)
    acknowledged = sum(result.acknowledged for result in results)
    seconds = time.monotonic() - started
    return Hunt(bug.name, seed, len(results), acknowledged, seconds, results[-1].fault, results[-1].findings)


async def control(rig: Rig, faults: Sequence[Fault], seed: int, scenarios: int) -> list[Result]:
    """The same without a bug."""
    return await _run(rig, faults, seed, scenarios, until_found=False)


async def _run(rig: Rig, faults: Sequence[Fault], seed: int, scenarios: int, *, until_found: bool) -> list[Result]:
    results: list[Result] = []
    checker = Checker()
    for number in range(scenarios):
        if number % FORM.group == 0 or results[-1].findings:
            checker = await _fresh(rig)
        results.append(await Scenario(rig, checker, faults[number % len(faults)], seed + number, FORM).run())
        if until_found and results[-1].findings:
            break
    return results


@asynccontextmanager
async def _planted(rig: Rig, bug: Bug) -> AsyncIterator[None]:
    """Processes that are started meanwhile have the bug, and Redis the bug's settings."""
    settings = rig.redis.settings
    os.environ[PLANTED] = bug.name
    try:
        await _configure(rig, {**settings, **bug.settings})
        yield
    finally:
        del os.environ[PLANTED]
        await _configure(rig, settings)


async def _configure(rig: Rig, settings: dict[str, str]) -> None:
    """`fresh` follows, so nothing that it does to the service matters."""
    if rig.redis.settings != settings:
        await rig.redis.stop()
        rig.redis.settings = settings
        await rig.redis.start()


async def _fresh(rig: Rig) -> Checker:
    await rig.fresh()
    await open_warehouses(rig)
    return Checker()
