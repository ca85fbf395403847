"""At least once, sink by sink, however they fail."""

import pytest

from inventory_service.ledger.pool import Pool
from inventory_service.usecases.deliver_notices import BACK_OFF_MAX_MS, back_off_ms
from inventory_service.usecases.notice_ports import Limit, SinkFailed
from tests.alerts.office import HOUR_MS, MINUTE_MS, PACE, RULES, SECOND_MS, Clock, Office, Recorder


async def test_a_sink_that_fails_is_tried_again_later_and_holds_up_no_other(office: Office) -> None:
    office.chat.failures = [SinkFailed("away")] * 3
    await office.raise_alarms("gate_closed", "lost SHA")
    await office.tell()
    assert (office.chat.steps(), office.sinks["mail"].steps()) == ([], [("opened", "gate_closed", 1)])
    for wait_ms in (5_000, 10_000, 20_000):
        await office.work(wait_ms - 1)
        assert office.chat.got == []
        await office.work(1)
    assert office.chat.steps() == [("opened", "gate_closed", 1)]
    attempts = [(told.attempts, told.arrived) for told in office.told if told.sink == "chat"]
    assert attempts == [(1, False), (2, False), (3, False), (4, True)]
    assert await office.book.unsent() == []


async def test_what_waits_says_what_the_other_side_answered(office: Office) -> None:
    office.chat.failures = [SinkFailed("status 200: errcode 93000 \0 and more" + "x" * 1000)]
    await office.raise_alarms("deficit", "A SHA")
    await office.tell()
    (waiting,) = await office.book.unsent()
    assert (waiting.sink, waiting.waiting, waiting.attempts) == ("chat", 1, 1)
    assert waiting.answer.startswith("status 200: errcode 93000   and more")
    assert len(waiting.answer) == 500


async def test_nothing_new_piles_up_behind_a_notice_that_cannot_be_sent(office: Office) -> None:
    office.chat.failures = [SinkFailed("away")] * 1000
    await office.raise_alarms("deficit", "A SHA")
    await office.tell()
    for number in range(30):
        await office.raise_alarms("deficit", f"B-{number} SHA")
        await office.work(HOUR_MS)
    assert (await office.rows())["notices"] == 1
    await office.close_alarms("deficit", "A SHA", *(f"B-{number} SHA" for number in range(30)))
    office.chat.failures.clear()
    await office.work(BACK_OFF_MAX_MS)
    await office.work(PACE.calm_ms)
    await office.work(PACE.calm_ms)
    assert [step for step, *_ in office.chat.steps()] == ["opened", "over"]


async def test_no_more_than_a_sink_takes(database: Pool, clock: Clock) -> None:
    chat = Recorder(Limit(2, SECOND_MS), Limit(5, MINUTE_MS))
    office = Office(database, clock, chat=chat, mail=Recorder())
    for number in range(9):
        await office.raise_alarms(f"alarm_{number}", "A SHA")
    await office.tell()
    assert len(chat.got) == 2
    await office.work(SECOND_MS)
    await office.work(SECOND_MS)
    await office.work(SECOND_MS)
    assert len(chat.got) == 5
    restarted = Office(database, clock, chat=chat, mail=Recorder())
    await restarted.work(SECOND_MS)
    assert len(chat.got) == 5
    await restarted.work(MINUTE_MS)
    await restarted.work(SECOND_MS)
    assert len(chat.got) == 9


async def test_a_sink_that_wants_silence_gets_it(office: Office) -> None:
    office.chat.failures = [SinkFailed("errcode 130101", 10 * MINUTE_MS)]
    await office.raise_alarms("alarm_1", "A SHA")
    await office.raise_alarms("alarm_2", "A SHA")
    await office.tell()
    await office.work(10 * MINUTE_MS - SECOND_MS)
    assert (office.chat.got, [told.arrived for told in office.told]) == ([], [False])
    await office.work(SECOND_MS)
    assert sorted(office.chat.steps()) == [("opened", "alarm_1", 1), ("opened", "alarm_2", 1)]


async def test_a_worker_that_died_while_sending_leaves_it_to_the_next(database: Pool, clock: Clock) -> None:
    before = Office(database, clock)
    await before.raise_alarms("deficit", "A SHA")
    await before.work()
    clock.pass_ms(PACE.gather_ms)
    await before.writer.run_once()
    first = await before.book.claim("chat", clock(), clock() - MINUTE_MS)
    assert first is not None
    await before.work(SECOND_MS)  # while it lives nobody else takes it up
    assert before.chat.got == []
    after = Office(database, clock)
    await after.work()
    assert [notice.notice_id for notice in after.chat.got] == [first.notice.notice_id]
    assert after.chat.got == [first.notice]


@pytest.mark.parametrize(
    ("attempts", "wait_ms"), [(1, 5_000), (2, 10_000), (7, 320_000), (8, 600_000), (9_999, 600_000)]
)
def test_it_waits_longer_each_time(attempts: int, wait_ms: int) -> None:
    assert back_off_ms(attempts) == wait_ms


async def test_a_clock_that_is_set_back_silences_nobody(database: Pool, clock: Clock) -> None:
    chat, mail = Recorder(Limit(1, MINUTE_MS)), Recorder()
    chat.failures, mail.failures = [SinkFailed("busy", 10 * MINUTE_MS)], [SinkFailed("away")]
    office = Office(database, clock, RULES, chat=chat, mail=mail)
    await office.raise_alarms("gate_closed", "A SHA")
    await office.tell()
    assert chat.got + mail.got == []
    clock.pass_ms(-24 * HOUR_MS)
    await office.work()
    assert (len(chat.got), len(mail.got)) == (1, 1)
    clock.pass_ms(-24 * HOUR_MS)
    await office.raise_alarms("gate_closed", "B SHA")
    await office.work()
    assert chat.steps()[1:] == [("more", "gate_closed", 2)]
