"""One scenario: load, strike, heal, demand progress, check."""

import asyncio
import random
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.bounds import check_bounds
from tests.faults.checker import Checker
from tests.faults.fault import Fault
from tests.faults.load import Load
from tests.faults.plan import Form
from tests.faults.rig import Rig

SCENARIO_SECONDS = 150.0  # the longest took 40 s


@dataclass(slots=True)
class Result:
    """What one scenario did and found. `struck`: the evidence that the fault hit something.

    `progress_seconds`: from the moment when everything is healed until the service sells again.
    """

    fault: str
    seed: int
    struck: str = ""
    acknowledged: int = 0
    findings: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    progress_seconds: float = 0.0
    lost: int = 0  # acknowledged operations that are gone
    sold_twice: int = 0  # SKUs of which more was sold than came in
    expired_late_ms: list[int] = field(default_factory=list)
    logs: str = ""  # folder with the logs of a scenario that found something

    def find(self, findings: list[str]) -> None:
        self.findings += findings
        self.lost += sum(text.startswith("lost") for text in findings)
        self.sold_twice += sum(text.startswith("sold twice") for text in findings)


class Scenario:
    """Runs one fault on a rig that is well, and leaves it well."""

    def __init__(self, rig: Rig, checker: Checker, fault: Fault, seed: int, form: Form) -> None:
        self._rig = rig
        self._checker = checker
        self._fault = fault
        self._form = form
        self._rng = random.Random(f"{seed} {fault.name}")
        self._caller = rig.caller()
        # '+' and the like are no part of an id.
        prefix = f"s{seed}-{fault.name}".replace("+", "_")
        self._load = Load(self._caller, prefix, self._rng, rig.seen, form.crowd)
        self._result = Result(fault.name, seed)

    async def run(self) -> Result:
        """Never raises for what the service did wrong: that is a finding."""
        rig, load, result = self._rig, self._load, self._result
        started, before = time.monotonic(), Counter(rig.seen)
        rig.load = load
        try:
            async with asyncio.timeout(SCENARIO_SECONDS):
                await self._whole()
        except (AssertionError, TimeoutError) as error:
            result.find([*load.findings, str(error) or traceback.format_exc()])
        finally:
            await load.abandon()
            await self._caller.close()
            rig.load = None
        if not result.findings:
            result.find(await check_bounds(rig))
        result.find(rig.findings)
        rig.findings.clear()
        result.acknowledged = load.told
        result.seen = Counter(rig.seen) - before
        result.seconds = time.monotonic() - started
        result.expired_late_ms, self._checker.expired_late_ms = self._checker.expired_late_ms, []
        return result

    async def _whole(self) -> None:
        await self._strike()
        await self._live()
        self._result.find(self._load.findings)
        self._result.find(await self._checker.check(self._rig, self._load))

    async def _strike(self) -> None:
        load = self._load
        await load.prepare()
        load.start()
        await load.until_told(self._form.operations)
        try:
            self._result.struck = await self._fault.strike(self._rig, self._rng)
        finally:
            await self._fault.heal(self._rig)
            await self._rig.heal()

    async def _live(self) -> None:
        """Everything is healed: now it must go on. Then quiet, and nothing stays in doubt."""
        load, healed = self._load, time.monotonic()
        await self._rig.until_ready()
        await load.until_told(1)
        self._result.progress_seconds = time.monotonic() - healed
        await load.until_told(self._form.operations)
        await load.stop()
        await self._fault.afterwards(self._rig)
        await load.settle()
