"""Hunt every planted bug, and run as many scenarios without one: `make planted ARGS="--only no_dedupe"`."""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvloop

from tests.faults.fault import Fault
from tests.faults.hunt import Bug, Hunt, all_bugs, control, hunt
from tests.faults.rig import running_rig
from tests.faults.scenario import Result

TOLD_FINDINGS = 3
FINDING_WIDTH = 120
_IDS = re.compile(r"\bs\d+-[\w.+-]+:[\w.:]+")


async def run(bugs: Sequence[Bug], options: argparse.Namespace) -> tuple[list[Hunt], list[Result]]:
    hunts: list[Hunt] = []
    async with running_rig() as rig:
        for bug in bugs:
            for number in range(options.hunts):
                seed = options.seed + number * options.max_scenarios
                hunts.append(await hunt(rig, bug, seed, options.max_scenarios))
                tell(hunts[-1])
        scenarios = sum(each.scenarios for each in hunts) if options.control else 0
        results = await control(rig, faults_of(bugs), options.seed, scenarios)
    return hunts, results


def faults_of(bugs: Sequence[Bug]) -> list[Fault]:
    """Each once, in the order of their names."""
    faults = {fault.name: fault for bug in bugs for fault in bug.faults}
    return [faults[name] for name in sorted(faults)]


def tell(each: Hunt) -> None:
    state = f"caught by scenario {each.scenarios}, {each.fault}" if each.findings else f"NOT SEEN in {each.scenarios}"
    sys.stdout.write(f"{each.bug} {each.seed}: {state}, {each.acknowledged} acknowledged, {each.seconds:.1f} s\n")
    for finding in each.findings[:TOLD_FINDINGS]:
        sys.stdout.write(f"    {finding[:FINDING_WIDTH]}\n")
    sys.stdout.flush()


def report(bugs: Sequence[Bug], hunts: Sequence[Hunt], results: Sequence[Result], command: str) -> str:
    """The committed table."""
    of_bug: Mapping[str, list[Hunt]] = defaultdict(list)
    for each in hunts:
        of_bug[each.bug].append(each)
    rows = "".join(_row(bug, of_bug[bug.name]) for bug in bugs)
    odd = sum(bool(result.findings) for result in results)
    acknowledged = sum(result.acknowledged for result in results)
    return (
        "# Planted bugs\n\n"
        "How many scenarios the harness needs to see a bug that is there. Each hunt begins with another seed and\n"
        "takes in turn the fault classes that the bug's module names (`planted/`).\n\n"
        f"Repeat it: `{command}`\n\n"
        "| bug | what is wrong | scenarios needed | seconds | acknowledged until then | what saw it |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        f"{rows}\n"
        f"Control: {len(results)} scenarios with the same fault classes and no bug, {acknowledged} acknowledged "
        f"operations, {odd} with findings.\n"
    )


def _row(bug: Bug, hunts: Sequence[Hunt]) -> str:
    scenarios = ", ".join(str(each.scenarios) if each.findings else f"not in {each.scenarios}" for each in hunts)
    seconds = ", ".join(f"{each.seconds:.0f}" for each in hunts)
    acknowledged = ", ".join(str(each.acknowledged) for each in hunts)
    seen = "; ".join(dict.fromkeys(_kind(each.findings[0]) for each in hunts if each.findings))
    return f"| `{bug.name}` | {bug.wrong} | {scenarios} | {seconds} | {acknowledged} | {seen} |\n"


def _kind(finding: str) -> str:
    """A finding in a cell of the table, without the ids that are different in each run."""
    text = _IDS.sub("…", " ".join(finding.split())).replace("|", "/")
    return text if len(text) <= FINDING_WIDTH else f"{text[:FINDING_WIDTH]}…"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="bugs whose names contain one of these, comma-separated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-scenarios", type=int, default=40)
    parser.add_argument("--hunts", type=int, default=1, help="of each bug, with other seeds")
    parser.add_argument("--no-control", dest="control", action="store_false")
    parser.add_argument("--report", type=Path, help="write the table there")
    options = parser.parse_args()
    bugs = [bug for bug in all_bugs() if any(word in bug.name for word in options.only.split(","))]
    hunts, results = uvloop.run(run(bugs, options))
    text = report(bugs, hunts, results, f'make planted ARGS="{" ".join(sys.argv[1:])}"')
    sys.stdout.write(text)
    if options.report:
        options.report.write_text(text)
    return int(any(not each.findings for each in hunts) or any(result.findings for result in results))


if __name__ == "__main__":
    sys.exit(main())
