"""Run the harness: everything that `--form` says, or `--only kill-api --seed 7 --scenarios 3`."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

import uvloop

from tests.faults.fault import Fault, all_faults, missing, named
from tests.faults.houses import HouseProcess
from tests.faults.plan import FORMS, Case, Form, Schedule
from tests.faults.report import Report, done
from tests.faults.scenario import Result

FINDINGS_SHOWN = 10
TOLD_EVERY = 50  # scenarios
BROKEN_MAX = 3  # rigs, before nobody expects anything of the next one


class Run:
    """Everything between the options and the exit status."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._form: Form = FORMS[options.form]
        faults = named(options.only) if options.only else all_faults()
        self._lacking = {fault.name: programs for fault in faults if (programs := missing(fault))}
        self._faults: list[Fault] = [fault for fault in faults if fault.name not in self._lacking]
        self._schedule = Schedule(self._form, self._faults, options.seed, only=options.scenarios if options.only else 0)
        self._planned = len(self._schedule)
        self._report = Report(self._command(), self._lacking)
        self._failures: list[str] = []
        self._told = 0
        self._broken = 0

    async def run(self) -> int:
        """The exit status."""
        started = time.monotonic()
        await asyncio.gather(*(self._keep_house() for _ in range(self._options.rigs or self._form.rigs)))
        self._report.seconds = time.monotonic() - started
        self._tell_end()
        if self._options.report:
            self._report.write(self._options.report)
        return int(bool(self._failures))

    async def _keep_house(self) -> None:
        """One rig, group after group; a new one when it broke."""
        house = HouseProcess(self._form)
        try:
            while self._broken <= BROKEN_MAX and (group := self._schedule.take()):
                left = list(group)
                async for result in house.results(group):
                    self._take(result)
                    left = [case for case in left if case != (result.fault, result.seed)]
                if left:
                    self._broken += 1
                    self._fail(left[0], [f"the rig broke: {await house.end()}"])
                    self._schedule.give_back(left[1:])
                    house = HouseProcess(self._form)
        finally:
            await house.end()

    def _take(self, result: Result) -> None:
        self._report.add(result)
        self._schedule.done += done(result)
        self._told += 1
        if result.findings:
            self._fail((result.fault, result.seed), result.findings, result.struck, result.logs)
        elif self._options.only:
            tell(f"{result.fault} {result.seed}: {result.acknowledged} acknowledged, {result.seconds:.1f} s, "
                 f"{result.struck or 'did not strike'}")  # fmt: skip
        elif self._told % TOLD_EVERY == 0:
            tell(f"{self._told} of {self._planned} scenarios")

    def _fail(self, case: Case, findings: list[str], struck: str = "", logs: str = "") -> None:
        name, seed = case
        self._failures.append(name)
        tell(f"FAILED {name}, seed {seed}: {struck or 'did not strike'}")
        for finding in findings[:FINDINGS_SHOWN]:
            tell(f"    {finding}")
        if len(findings) > FINDINGS_SHOWN:
            tell(f"    … and {len(findings) - FINDINGS_SHOWN} more")
        tell(f"    logs: {logs}" if logs else "    no logs")
        form = "" if self._form.name == "short" else f" --form {self._form.name}"
        tell(f'    again: make faults ARGS="--only {name} --seed {seed} --scenarios 1{form}"')

    def _tell_end(self) -> None:
        tell(self._report.text())
        for name, programs in self._lacking.items():
            tell(f"not run here: {name}, needs {', '.join(programs)}")
        if self._options.only:
            return
        for name in self._report.never_struck:
            self._failures.append(name)
            tell(f"FAILED {name} never struck")
        for name, words in self._schedule.missed().items():
            self._failures.append(name)
            tell(f"FAILED quota {name}: {words}")

    def _command(self) -> str:
        options = self._options
        words = [f"--form {options.form}", f"--seed {options.seed}"]
        words += [f"--only {options.only} --scenarios {options.scenarios}"] if options.only else []
        return f'make faults ARGS="{" ".join(words)}"'


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument(
        "--form", choices=sorted(FORMS), default="short", help="short: 200 scenarios; long: for the report"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first scenario; the next ones count on")
    parser.add_argument("--only", default="", help="names of faults, or parts of names, separated by commas")
    parser.add_argument("--scenarios", type=int, default=1, help="how many of --only")
    parser.add_argument("--rigs", type=int, help="how many at once, if not as many as the form says")
    parser.add_argument("--report", type=Path, help="write a page here, and JSON beside it")
    return uvloop.run(Run(parser.parse_args()).run())


if __name__ == "__main__":
    sys.exit(main())
