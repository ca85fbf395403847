"""Run the harness: `python -m tests.faults --seed 7 --only kill-api --scenarios 3`."""

import argparse
import sys
from collections.abc import Sequence

import uvloop

from tests.faults.checker import Checker
from tests.faults.fault import Fault, all_faults
from tests.faults.load import Crowd
from tests.faults.rig import Rig, running_rig
from tests.faults.scenario import Result, Scenario
from tests.faults.shop import open_warehouses

LOG_LINES = 12
LOG_WIDTH = 400
GROUP = 12  # scenarios on one database: what `verify` costs grows with the ledger


async def run(plan: Sequence[tuple[Fault, int]]) -> list[Result]:
    results: list[Result] = []
    checker = Checker()
    async with running_rig() as rig:
        for number, (fault, seed) in enumerate(plan):
            if number % GROUP == 0 or results[-1].findings:
                await rig.fresh()
                await open_warehouses(rig)
                checker = Checker()
            result = await Scenario(rig, checker, fault, seed, Crowd()).run()
            results.append(result)
            tell(result)
            if result.findings:
                tell_logs(rig)
    return results


def tell(result: Result) -> None:
    struck = result.struck or "did not strike"
    sys.stdout.write(
        f"{result.fault} {result.seed}: {result.acknowledged} acknowledged, {result.seconds:.1f} s, {struck}\n"
    )
    for finding in result.findings[:10]:
        sys.stdout.write(f"    {finding}\n")
    sys.stdout.flush()


def tell_logs(rig: Rig) -> None:
    """The end of what each process said."""
    for process in rig.processes.values():
        lines = [line for line in process.log.read_text(errors="replace").splitlines() if '"level":"info"' not in line]
        sys.stdout.write("".join(f"    {process.name}: {line[:LOG_WIDTH]}\n" for line in lines[-LOG_LINES:]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenarios", type=int, default=10)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    faults = [fault for fault in all_faults() if options.only in fault.name]
    plan = [(faults[number % len(faults)], options.seed + number) for number in range(options.scenarios)]
    results = uvloop.run(run(plan))
    return int(any(result.findings for result in results))


if __name__ == "__main__":
    sys.exit(main())
