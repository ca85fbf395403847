"""The harness still bites, and every planted bug still fits the service that it is planted in."""

import multiprocessing
import random

import pytest

from inventory_service.engine.script import assemble
from tests.faults.hunt import Bug, all_bugs, hunt, plant
from tests.faults.rig import running_rig

BUGS = all_bugs()
QUICK = ("no_dedupe", "entry_skipped_on_reconnect")
SCENARIOS_MAX = 6


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: str(bug.name))
def test_fits(bug: Bug) -> None:
    """In a process of its own, since it changes classes and scripts."""
    child = multiprocessing.get_context("fork").Process(target=_plant, args=(bug.name,))
    child.start()
    child.join()
    assert child.exitcode == 0


def _plant(name: str) -> None:
    plant(name)
    assert assemble("apply").text
    assert assemble("flushed").text


async def test_bites() -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    async with running_rig() as rig:
        for bug in BUGS:
            if bug.name in QUICK:
                found = await hunt(rig, bug, seed, SCENARIOS_MAX)
                assert found.findings, f"{bug.name} with seed {seed} was not seen"
