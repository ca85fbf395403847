"""The ladder: what is given up at which fullness, and when it comes back."""

import pytest

from inventory_service.domain.brownout import Brownout, brownout


@pytest.mark.parametrize(
    ("backlog", "memory", "step"),
    [
        (0.0, 0.0, Brownout.NONE),
        (0.49, 0.84, Brownout.NONE),
        (0.5, 0.0, Brownout.LISTS),
        (0.0, 0.85, Brownout.LISTS),
        (0.75, 0.85, Brownout.READS),
        (0.5, 0.95, Brownout.READS),
        (1.0, 0.0, Brownout.HOLDS),
        (0.0, 1.2, Brownout.HOLDS),
    ],
)
def test_the_fuller_of_the_two_decides(backlog: float, memory: float, step: Brownout) -> None:
    assert brownout(backlog, memory) == step


def test_a_step_ends_only_well_below_where_it_began() -> None:
    step, seen = Brownout.NONE, []
    for backlog in (0.49, 0.5, 0.46, 0.44, 0.49, 1.0, 0.96, 0.94, 0.69, 0.2):
        step = brownout(backlog, 0.0, step)
        seen.append(step.value)
    assert seen == [0, 1, 1, 0, 0, 3, 3, 2, 1, 0]
