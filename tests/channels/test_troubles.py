"""What every adapter does when the platform is silent, breaks off, or has had enough of us."""

import pytest

from inventory_service.channels.pacing import FIRST_BACK_OFF_MS
from inventory_service.usecases.sync.adapter import (
    NotUnderstood,
    Temporary,
    Throttled,
)
from tests.channels.channel import ATTEMPTS, HOUR_MS, MINUTE_MS, Channel, opened
from tests.channels.troubles import BROKEN, NEVER_READ
from tests.simulators import platform
from tests.simulators.platform import Trouble


async def test_the_time_of_a_gateway_that_has_only_bad_news_is_not_heard(channel: Channel) -> None:
    channel.simulator.skew_ms = 10 * HOUR_MS
    channel.simulator.troubles += [platform.server_error] * ATTEMPTS
    with pytest.raises(Temporary):
        await channel.adapter.probe()
    assert channel.adapter.platform_now_ms() == channel.clock.now_ms()


async def test_a_ban_is_waited_out_and_the_poll_goes_on(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(120, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    pages = iter(range(1000))

    def ban() -> None:
        if next(pages) == 1:
            channel.simulator.ban(900 if channel.simulator.name == "douyin" else 17_000)

    channel.simulator.between_pages = ban
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    # Each call that ran into the ban did so once; Taobao asks for eight details at a time.
    assert 1 <= channel.simulator.called_while_banned <= 8
    if channel.simulator.name != "douyin":  # Douyin does not say for how long
        assert max(channel.clock.waits_ms) >= 17_000


async def test_a_long_ban_is_told_at_once_and_no_call_is_made_before_its_end(telling_bans: Channel) -> None:
    channel = telling_bans
    channel.simulator.ban(2 * HOUR_MS)
    for _ in range(2):
        with pytest.raises(Throttled) as throttled:
            await channel.adapter.probe()
        assert 2 * HOUR_MS <= throttled.value.wait_ms <= 2 * HOUR_MS + 2000
    assert channel.simulator.called_while_banned == 1
    channel.clock.advance(2 * HOUR_MS + 2000)
    await channel.adapter.probe()


@pytest.mark.parametrize("trouble", BROKEN, ids=lambda trouble: trouble.__name__)
async def test_one_broken_answer_is_asked_for_again(channel: Channel, trouble: Trouble) -> None:
    order = channel.simulator.book.place(30 * MINUTE_MS)
    channel.simulator.troubles.append(trouble)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id}
    assert max(channel.clock.waits_ms) >= FIRST_BACK_OFF_MS // 2


@pytest.mark.parametrize("trouble", BROKEN, ids=lambda trouble: trouble.__name__)
async def test_broken_answers_leave_the_watermark_alone(channel: Channel, trouble: Trouble) -> None:
    """The break-down comes in the middle: some orders are here, some are not, and the next poll has all."""
    placed = channel.simulator.book.place_many(120, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    pages = iter(range(1000))

    def break_down() -> None:
        if next(pages) == 1:
            channel.simulator.troubles += [trouble] * (8 * ATTEMPTS)

    channel.simulator.between_pages = break_down
    before = channel.watermark
    with pytest.raises(Temporary):
        await channel.poll()
    assert channel.watermark == before
    assert len(channel.clock.waits_ms) >= ATTEMPTS - 1

    channel.simulator.troubles.clear()
    channel.simulator.between_pages = lambda: None
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}


async def test_silence_leaves_the_watermark_alone(hasty: Channel) -> None:
    order = hasty.simulator.book.place(30 * MINUTE_MS)
    await hasty.adapter.probe()
    hasty.simulator.troubles += [platform.silent] * ATTEMPTS
    before = hasty.watermark
    with pytest.raises(Temporary, match="TimeoutError"):
        await hasty.poll()
    assert hasty.watermark == before
    await hasty.poll()
    assert hasty.kept.keys() == {order.order_id}


@pytest.mark.parametrize("trouble", NEVER_READ, ids=lambda trouble: trouble.__name__)
async def test_what_is_no_answer_of_the_platform_is_not_followed(channel: Channel, trouble: Trouble) -> None:
    channel.simulator.troubles.append(trouble)
    with pytest.raises(NotUnderstood):
        await channel.adapter.probe()
    await channel.adapter.probe()


async def test_nobody_listening_is_temporary(channel: Channel) -> None:
    async with opened(channel.simulator.name) as gone:
        pass
    with pytest.raises(Temporary):
        await gone.adapter.probe()
    await gone.adapter.close()


async def test_calls_keep_their_pace(channel: Channel) -> None:
    """A thousand a second was configured; the clock moves only while somebody waits."""
    began_ms = channel.clock.now_ms()
    for _ in range(50):
        await channel.adapter.probe()
    assert channel.list_calls == 50
    assert channel.clock.now_ms() - began_ms >= 49
