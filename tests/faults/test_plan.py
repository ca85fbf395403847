"""A run does what it must, whatever it draws."""

from collections import Counter

import pytest

from tests.faults.fault import Fault, all_faults
from tests.faults.plan import EXTRA_MAX, FORMS, Form, Schedule


@pytest.fixture(params=sorted(FORMS))
def form(request: pytest.FixtureRequest) -> Form:
    return FORMS[str(request.param)]


def drawn(schedule: Schedule) -> Counter[str]:
    names: Counter[str] = Counter()
    while group := schedule.take():
        names.update(name for name, _ in group)
    return names


def filled(form: Form, faults: list[Fault], names: Counter[str]) -> bool:
    counts: Counter[str] = Counter()
    for fault in faults:
        counts[fault.yields] += names[fault.name]
    return all(counts[quota] >= wanted for quota, wanted in form.quotas.items() if quota in counts)


def test_every_kind_is_planned_and_each_quota_filled(form: Form) -> None:
    faults = all_faults()
    schedule = Schedule(form, faults, seed=7)
    schedule.done.update(form.quotas, acknowledged=form.acknowledged)  # as if all of it went well
    names = drawn(schedule)
    assert {fault.name for fault in faults} == set(names)
    assert names.total() >= form.scenarios
    assert filled(form, faults, names)


def test_what_is_missed_is_done_again_within_a_bound(form: Form) -> None:
    planned = len(Schedule(form, all_faults(), seed=7))
    schedule = Schedule(form, all_faults(), seed=7)
    assert planned < drawn(schedule).total() <= planned * (1 + EXTRA_MAX) + 12
    assert set(schedule.missed()) >= set(form.quotas)


def test_a_seed_decides_the_schedule(form: Form) -> None:
    groups = [Schedule(form, all_faults(), seed=seed).take() for seed in (7, 7, 8)]
    assert groups[0] == groups[1] != groups[2]
