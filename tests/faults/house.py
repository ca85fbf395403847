"""One rig in a process of its own: takes groups of cases on stdin, tells each result on stdout, a JSON line each."""

import asyncio
import faulthandler
import shutil
import sys
import tempfile
from pathlib import Path

import orjson
import uvloop

from tests.faults.checker import Checker
from tests.faults.fault import Fault, all_faults
from tests.faults.houses import TELL_LINE, TELL_TASKS
from tests.faults.plan import FORMS, Case, Form
from tests.faults.rig import Rig, running_rig
from tests.faults.scenario import Result, Scenario
from tests.faults.shop import open_warehouses

LATER = "behind all of its group"


class House:
    """Groups on one rig, each on an empty Redis and a new database."""

    def __init__(self, rig: Rig, form: Form) -> None:
        self._rig = rig
        self._form = form
        self._faults: dict[str, Fault] = {fault.name: fault for fault in all_faults()}

    async def run(self, group: list[Case]) -> None:
        """A scenario that found something ends what later ones could be compared with: they start anew."""
        checker: Checker | None = None
        for index, (name, seed) in enumerate(group):
            checker = checker or await self._fresh()
            result = await Scenario(self._rig, checker, self._faults[name], seed, self._form).run()
            if not result.findings and index + 1 == len(group):
                result.find(await self._check_again(checker))
            if result.findings:
                result.logs = str(keep_logs(self._rig, name, seed))
                checker = None
            tell(result)

    async def _check_again(self, checker: Checker) -> list[str]:
        try:
            findings = await checker.check_again(self._rig)
        except AssertionError as error:
            findings = [str(error)]
        return [f"{finding} ({LATER})" for finding in findings]

    async def _fresh(self) -> Checker:
        try:
            await self._rig.fresh()
            await open_warehouses(self._rig)
        except AssertionError as error:
            raise AssertionError(f"{error}; logs: {keep_logs(self._rig, 'fresh', 0)}") from error
        return Checker()


def keep_logs(rig: Rig, name: str, seed: int) -> Path:
    """A folder that stays, with what every process said."""
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{name}-{seed}-"))
    for log in rig.folder.glob("*.log"):
        shutil.copy(log, folder)
    return folder


def tell(result: Result) -> None:
    sys.stdout.buffer.write(orjson.dumps(result) + b"\n")
    sys.stdout.buffer.flush()


def tell_tasks() -> None:
    for task in asyncio.all_tasks():
        task.print_stack(limit=3, file=sys.stderr)
    sys.stderr.flush()


async def serve(form: Form) -> None:
    asyncio.get_running_loop().add_signal_handler(TELL_TASKS, tell_tasks)
    faulthandler.register(TELL_LINE)
    async with running_rig() as rig:
        house = House(rig, form)
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            await house.run([(name, seed) for name, seed in orjson.loads(line)])


if __name__ == "__main__":
    uvloop.run(serve(FORMS[sys.argv[1]]))
