"""When a notice is written, of what, and for whom."""

import asyncio

from inventory_service.domain.notices import Step
from inventory_service.ledger.pool import Pool
from tests.alerts.office import HOUR_MS, LI, MINUTE_MS, PACE, SECOND_MS, WANG, Clock, Office


async def test_327_alarms_of_one_kind_are_one_message(office: Office) -> None:
    for first in range(0, 327, 50):  # they come over seconds, not at once
        causes = [f"SKU-{number:03} SHA" for number in range(first, min(first + 50, 327))]
        await office.raise_alarms("deficit", *causes, deficit=1)
        await office.work(SECOND_MS)
    await office.work(PACE.gather_ms)
    (notice,) = office.chat.got
    assert (notice.step, notice.alarm, notice.total, notice.person) == (Step.OPENED, "deficit", 327, LI)
    assert [each.where for each in notice.named] == [f"SKU-00{number} SHA" for number in range(5)]
    assert notice.named[0].facts == {"deficit": 1}
    assert office.sinks["mail"].got == []


async def test_each_kind_and_each_person_has_a_message(office: Office) -> None:
    await office.raise_alarms("deficit", "A SHA", "B SHA", "A PEK")
    await office.raise_alarms("low_stock", "A SHA")
    await office.tell()
    told = sorted((notice.alarm, notice.person.name, notice.total) for notice in office.chat.got)
    assert told == [("deficit", "Li Na", 2), ("deficit", WANG.name, 1), ("low_stock", "Li Na", 1)]


async def test_what_is_over_at_once_is_not_told(office: Office) -> None:
    await office.raise_alarms("low_stock", "A SHA")
    await office.work()
    await office.close_alarms("low_stock", "A SHA")
    await office.tell(SECOND_MS)
    await office.work(HOUR_MS)
    assert office.chat.got == []
    assert await office.rows() == {"notice_threads": 0, "notice_alarms": 0, "notices": 0}


async def test_what_stays_open_is_repeated_each_hour_until_somebody_acknowledges_it(office: Office) -> None:
    await office.raise_alarms("deficit", "A SHA")
    await office.tell()
    for _ in range(59):
        await office.work(MINUTE_MS)
    assert office.chat.steps() == [("opened", "deficit", 1)]
    await office.work(MINUTE_MS)
    await office.work(HOUR_MS - SECOND_MS)
    assert office.chat.steps() == [("opened", "deficit", 1), ("still", "deficit", 1)]
    await office.acknowledge_all()
    await office.work(5 * HOUR_MS)
    assert len(office.chat.got) == 2


async def test_more_of_it_is_told_after_minutes_and_names_what_is_new(office: Office) -> None:
    await office.raise_alarms("deficit", "A SHA", "B SHA")
    await office.tell()
    await office.close_alarms("deficit", "A SHA")
    await office.raise_alarms("deficit", "C SHA", "D SHA")
    await office.work(PACE.more_ms - SECOND_MS)
    assert len(office.chat.got) == 1
    await office.work(SECOND_MS)
    (_, more) = office.chat.got
    assert (more.step, more.total, more.ended) == (Step.MORE, 3, 1)
    assert [each.where for each in more.named] == ["C SHA", "D SHA", "B SHA"]
    await office.work(PACE.more_ms)
    assert len(office.chat.got) == 2


async def test_it_is_told_when_all_of_it_is_over(office: Office) -> None:
    await office.raise_alarms("gate_closed", "empty SHA", reason="Redis is empty.")
    await office.tell()
    await office.close_alarms("gate_closed", "empty SHA")
    await office.work()
    await office.work(PACE.calm_ms - SECOND_MS)
    assert office.chat.steps() == [("opened", "gate_closed", 1)]
    await office.work(SECOND_MS)
    for sink in office.sinks.values():
        assert sink.steps() == [("opened", "gate_closed", 1), ("over", "gate_closed", 1)]
    assert await office.rows() == {"notice_threads": 0, "notice_alarms": 0, "notices": 4}


async def test_what_comes_back_within_the_minute_was_never_over(office: Office) -> None:
    await office.raise_alarms("low_stock", "A SHA")
    await office.tell()
    for _ in range(4):
        await office.close_alarms("low_stock", "A SHA")
        await office.work(30 * SECOND_MS)
        await office.raise_alarms("low_stock", "A SHA")
        await office.work(30 * SECOND_MS)
    assert office.chat.steps() == [("opened", "low_stock", 1)]
    await office.work(PACE.more_ms)
    assert office.chat.steps()[1:] == [("more", "low_stock", 1)]


async def test_what_began_and_ended_while_no_worker_ran_is_told_as_over(database: Pool, clock: Clock) -> None:
    before = Office(database, clock)
    await before.raise_alarms("deficit", "OLD SHA")
    clock.pass_ms(HOUR_MS)
    await before.close_alarms("deficit", "OLD SHA")
    await before.work()  # what was over before anybody listened stays untold
    await before.raise_alarms("gate_closed", "lost SHA")
    clock.pass_ms(HOUR_MS)
    await before.close_alarms("gate_closed", "lost SHA")

    after = Office(database, clock)
    await after.work()
    await after.work(PACE.calm_ms)
    assert after.chat.steps() == [("over", "gate_closed", 1)]
    await after.work(HOUR_MS)
    assert len(after.chat.got) == 1


async def test_two_workers_write_each_notice_once(database: Pool, clock: Clock) -> None:
    offices = [Office(database, clock) for _ in range(2)]
    await offices[0].raise_alarms("deficit", *(f"S-{number} SHA" for number in range(40)))
    await offices[0].raise_alarms("gate_closed", "lost SHA")
    for time_ms in (0, PACE.gather_ms, HOUR_MS):
        clock.pass_ms(time_ms)
        await asyncio.gather(*(office.writer.run_once() for office in offices))
        await asyncio.gather(*(office.work() for office in offices))
    steps = sorted(step for office in offices for step in office.chat.steps())
    assert steps == [(step, *kind) for step in ("opened", "still") for kind in (("deficit", 40), ("gate_closed", 1))]


async def test_a_sink_that_is_gone_from_the_file_is_forgotten(database: Pool, clock: Clock) -> None:
    before = Office(database, clock)
    await before.raise_alarms("gate_closed", "lost SHA")
    await before.writer.run_once()
    clock.pass_ms(PACE.gather_ms)
    await before.writer.run_once()
    assert (await before.rows())["notices"] == 2
    after = Office(database, clock, chat=before.chat)
    await after.work()
    assert after.chat.steps() == [("opened", "gate_closed", 1)]
    assert await after.rows() == {"notice_threads": 1, "notice_alarms": 1, "notices": 1}


async def test_personal_data_of_a_detail_is_never_told(office: Office) -> None:
    risk = [{"reservation_id": "r", "order_ref": "order of somebody"}]
    await office.raise_alarms("deficit", "A SHA", deficit=2, orders_at_risk=risk, note="somebody")
    await office.tell()
    assert "somebody" not in repr(office.chat.got)


async def test_what_was_sent_is_kept_for_a_month(office: Office) -> None:
    await office.raise_alarms("deficit", "A SHA")
    await office.tell()
    await office.acknowledge_all()
    await office.work(29 * 24 * HOUR_MS)
    assert (await office.rows())["notices"] == 1
    await office.work(2 * 24 * HOUR_MS)
    assert (await office.rows())["notices"] == 0
