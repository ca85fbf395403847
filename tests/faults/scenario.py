"""One scenario: load, strike, heal, demand progress, check."""

import random
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.checker import Checker
from tests.faults.fault import Fault
from tests.faults.load import Crowd, Load
from tests.faults.rig import Rig

WARM_OPERATIONS = 60
PROGRESS_OPERATIONS = 60


@dataclass(slots=True)
class Result:
    """What one scenario did and found. `struck`: the evidence that the fault hit something."""

    fault: str
    seed: int
    struck: str = ""
    acknowledged: int = 0
    findings: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Scenario:
    """Runs one fault on a rig that is well, and leaves it well."""

    def __init__(self, rig: Rig, checker: Checker, fault: Fault, seed: int, crowd: Crowd) -> None:
        self._rig = rig
        self._checker = checker
        self._fault = fault
        self._seed = seed
        self._crowd = crowd
        self._rng = random.Random(f"{seed} {fault.name}")

    async def run(self) -> Result:
        """Never raises for what the service did wrong: that is a finding."""
        rig, result = self._rig, Result(self._fault.name, self._seed)
        started, before = time.monotonic(), Counter(rig.seen)
        caller = rig.caller()
        load = Load(caller, f"s{self._seed}-{self._fault.name}", self._rng, rig.seen, self._crowd)
        rig.load = load
        try:
            await self._strike(load, result)
            await self._live(load)
            result.findings += load.findings
            result.findings += await self._checker.check(rig, load)
        except AssertionError as error:
            result.findings += [*load.findings, str(error) or traceback.format_exc()]
        finally:
            await load.abandon()
            await caller.close()
            rig.load = None
        result.findings += rig.findings
        rig.findings.clear()
        result.acknowledged = load.told
        result.seen = Counter(rig.seen) - before
        result.seconds = time.monotonic() - started
        return result

    async def _strike(self, load: Load, result: Result) -> None:
        await load.prepare()
        load.start()
        await load.until_told(WARM_OPERATIONS)
        try:
            result.struck = await self._fault.strike(self._rig, self._rng)
        finally:
            await self._fault.heal(self._rig)
            await self._rig.heal()

    async def _live(self, load: Load) -> None:
        """Everything is healed: now it must go on. Then quiet, and nothing stays in doubt."""
        await self._rig.until_ready()
        await load.until_told(PROGRESS_OPERATIONS)
        await load.stop()
        await self._fault.afterwards(self._rig)
        await load.settle()
