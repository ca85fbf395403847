"""What every adapter does, whatever its platform."""

import asyncio
import random
import traceback

import pytest

from inventory_service.channels.adapter import (
    Arrived,
    CredentialRefused,
    Missed,
    NotUnderstood,
    Permanent,
    Refund,
    StockLevel,
    Temporary,
    Throttled,
)
from inventory_service.channels.pacing import FIRST_BACK_OFF_MS
from inventory_service.channels.watermark import SAFETY_MS, Watermark, Window
from tests.channels.channel import HOUR_MS, Channel, opened
from tests.simulators import platform
from tests.simulators.platform import Trouble

MINUTE_MS = 60_000
ATTEMPTS = 4
BROKEN: list[Trouble] = [platform.broken_off, platform.garbage, platform.half_json, platform.server_error]
NEVER_READ: list[Trouble] = [platform.endless, platform.elsewhere]


async def test_every_order_arrives_whole_and_with_its_id_as_text(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(7, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    for order in placed:
        arrived = channel.kept[order.order_id]
        assert arrived.modified_ms == order.modified_ms // 1000 * 1000
        assert channel.state_of(order) == "paid"
    assert channel.simulator.bad_signatures == 0
    assert channel.missed == []


async def test_an_order_can_be_asked_for_by_its_id(channel: Channel) -> None:
    order = channel.simulator.book.place(100 * 24 * HOUR_MS, "shipped")
    channel.keep(await channel.adapter.order(order.order_id))
    assert channel.state_of(order) == "shipped"


async def test_an_order_that_is_not_there_is_a_definite_no(channel: Channel) -> None:
    with pytest.raises(Permanent):
        await channel.adapter.order("404")
    assert channel.clock.waits_ms == []


async def test_nothing_is_lost_while_pages_change(channel: Channel) -> None:
    """Each page that is read moves a few orders out of the window; what did not move arrives with the first poll."""
    placed = channel.simulator.book.place_many(420, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    chosen = random.Random(20)
    touched: set[str] = set()

    def touch() -> None:
        for order in chosen.sample(placed, 3):
            touched.add(channel.simulator.book.change(order.order_id, "shipped").order_id)

    channel.simulator.between_pages = touch
    await channel.poll()
    assert len(touched) > 12
    still = {order.order_id for order in placed} - touched
    assert still - channel.kept.keys() == set()

    channel.simulator.between_pages = lambda: None
    channel.clock.advance(2 * SAFETY_MS)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert {order.order_id for order in placed if channel.state_of(order) == "shipped"} == touched


async def test_rows_that_are_shown_twice_and_in_any_order_arrive(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(230, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    channel.simulator.untidy = True
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert sum(channel.arrivals.values()) > 250


async def test_orders_can_be_asked_for_by_when_they_were_placed(channel: Channel) -> None:
    """Whenever they changed: a gap of last night is filled by it."""
    book = channel.simulator.book
    placed = book.place_many(230, 20 * HOUR_MS, 18 * HOUR_MS)
    for order in placed[::3]:
        book.change(order.order_id, "done")
    book.place(17 * HOUR_MS)
    book.place(21 * HOUR_MS)
    window = Window(placed[0].created_ms, placed[-1].created_ms)
    found = [order async for page in channel.adapter.placed(window) for order in page]
    for arrived in found:
        channel.keep(arrived)
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert {order.order_id for order in placed if channel.state_of(order) == "done"} == {
        order.order_id for order in placed[::3]
    }


async def test_an_order_is_read_again_within_the_overlap(channel: Channel) -> None:
    """A row that the platform's search shows late stands behind the watermark."""
    await channel.poll()
    reached_ms = channel.watermark.reached_ms
    channel.clock.advance(MINUTE_MS)
    late = channel.simulator.book.place(channel.clock.now_ms() - reached_ms + 5 * MINUTE_MS)
    await channel.poll()
    assert channel.kept.keys() == {late.order_id}


async def test_the_watermark_follows_the_platforms_clock(channel: Channel) -> None:
    """Ours runs an hour fast, then ten slow: a poll that signed with it once is refused, hears the time, goes on."""
    channel.watermark = Watermark(channel.clock.now_ms() - 3 * HOUR_MS)
    for skew_ms in (-HOUR_MS, 10 * HOUR_MS):
        channel.simulator.skew_ms = skew_ms
        await channel.poll()
        behind_ms = channel.simulator.now_ms() - channel.watermark.reached_ms
        assert SAFETY_MS <= behind_ms <= SAFETY_MS + 2000 + sum(channel.clock.waits_ms)


async def test_a_later_poll_reads_only_what_is_new_and_the_overlap(channel: Channel) -> None:
    old = channel.simulator.book.place(41 * MINUTE_MS)
    await channel.poll()
    channel.clock.advance(5 * MINUTE_MS)
    new = channel.simulator.book.place(2 * MINUTE_MS)
    await channel.poll()
    await channel.poll()
    assert channel.arrivals == {old.order_id: 1, new.order_id: 2}


async def test_an_expired_token_is_renewed_once_and_the_poll_goes_on(with_tokens: Channel) -> None:
    channel = with_tokens
    placed = channel.simulator.book.place_many(120, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    channel.simulator.between_pages = expiring_at(channel, 3)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert channel.simulator.refreshes == 1
    assert [renewed.access_token for renewed in channel.safe.renewals] == [channel.simulator.access_token]
    renewed = channel.safe.versions[0]
    assert renewed.refresh_token == channel.simulator.refresh_token
    assert renewed.expires_ms is not None
    assert renewed.expires_ms > channel.clock.now_ms()


def expiring_at(channel: Channel, page: int) -> "Expiry":
    return Expiry(channel, page)


class Expiry:
    def __init__(self, channel: Channel, page: int) -> None:
        self._channel = channel
        self._pages_left = page

    def __call__(self) -> None:
        self._pages_left -= 1
        if self._pages_left == 0:
            self._channel.simulator.expire_tokens()


async def test_calls_that_meet_an_expired_token_together_renew_it_once(with_tokens: Channel) -> None:
    with_tokens.simulator.expire_tokens()
    await asyncio.gather(*(with_tokens.adapter.probe() for _ in range(8)))
    assert with_tokens.simulator.refreshes == 1


async def test_a_refresh_token_that_is_over_is_for_a_person(with_tokens: Channel) -> None:
    with_tokens.simulator.expire_tokens()
    with_tokens.simulator.can_refresh = False
    with pytest.raises(CredentialRefused) as refused:
        await with_tokens.adapter.probe()
    assert refused.value.which == "refresh_token"


async def test_a_token_that_cannot_be_renewed_is_for_a_person(with_tokens: Channel) -> None:
    """Merchants' own applications have one of a fixed length."""
    from dataclasses import replace

    with_tokens.safe.versions = [replace(with_tokens.safe.versions[0], refresh_token="")]
    with_tokens.simulator.expire_tokens()
    with pytest.raises(CredentialRefused) as refused:
        await with_tokens.adapter.probe()
    assert refused.value.which == "access_token"
    assert with_tokens.simulator.refreshes == 0


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


async def test_a_changed_secret_is_told_and_the_new_one_works_at_once(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(3, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    channel.change_secret()
    before = channel.watermark
    with pytest.raises(CredentialRefused) as refused:
        await channel.poll()
    assert refused.value.which == "app_secret"
    assert channel.watermark == before
    assert channel.simulator.bad_signatures == 1, "a wrong signature is not repeated"

    channel.enter_secret()
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}


async def test_during_a_change_either_secret_works(channel: Channel) -> None:
    """The new one may be entered here before it is valid there, or after."""
    old = channel.simulator.secret
    channel.change_secret()
    new = channel.simulator.secret
    channel.enter_secret(keep_old=True)
    for valid in (old, new):
        channel.simulator.secret = valid
        await channel.adapter.probe()


async def test_no_secret_is_in_what_is_told(channel: Channel) -> None:
    """The simulators repeat in their refusals what they were sent, as platforms do."""
    shown = repr(channel.safe.versions)
    secrets = channel.safe.versions[0].secrets
    channel.change_secret()
    with pytest.raises(CredentialRefused) as refused:
        await channel.adapter.probe()
    told = "".join([shown, str(refused.value), repr(refused.value), refused.value.code, repr(refused.value.args)])
    assert len(secrets) == 3
    assert [secret for secret in secrets if secret in told] == []


async def test_no_secret_is_logged_or_in_a_traceback(channel: Channel, capfd: pytest.CaptureFixture[str]) -> None:
    """Douyin's calls carry the token in their address, and exceptions of the HTTP client carry addresses."""
    secrets = [*channel.safe.versions[0].secrets]
    tracebacks = []
    for trouble in [*BROKEN, *NEVER_READ]:
        channel.simulator.troubles += [trouble] * ATTEMPTS
        with pytest.raises((Temporary, NotUnderstood)) as failed:
            await channel.adapter.probe()
        tracebacks += traceback.format_exception(failed.value)
        channel.simulator.troubles.clear()
    channel.simulator.expire_tokens()
    await channel.adapter.probe()
    secrets += channel.safe.versions[0].secrets
    told = "".join([*tracebacks, *capfd.readouterr()])
    assert "channel.called" in told
    assert [secret for secret in secrets if secret in told] == []


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


async def test_refunds_arrive(channel: Channel) -> None:
    book = channel.simulator.book
    asked = [book.ask_back(order.order_id, 10 * MINUTE_MS) for order in book.place_many(130, HOUR_MS, 20 * MINUTE_MS)]
    now_ms = channel.clock.now_ms()
    window = Window(now_ms - 20 * MINUTE_MS, now_ms - MINUTE_MS)
    found = [refund async for page in channel.adapter.refunds(window) for refund in page]
    assert all(isinstance(refund, Refund) for refund in found)
    seen = {(refund.refund_id, refund.channel_order_id) for refund in found if isinstance(refund, Refund)}
    assert seen == {(one.refund_id, one.order_id) for one in asked}


async def test_stock_is_set_to_absolute_numbers_and_one_refusal_stops_no_other(channel: Channel) -> None:
    levels = [StockLevel("520", str(sku), sku) for sku in range(100, 145)] + [StockLevel("521", "", 7)]
    unknown = StockLevel("520", "999", 5)
    for _ in range(2):
        refused = await channel.adapter.write_stock([*levels[:20], unknown, *levels[20:]])
        assert [one.level for one in refused] == [unknown]
        assert channel.simulator.book.stock == {(level.product_id, level.sku_id): level.available for level in levels}


async def test_calls_keep_their_pace(channel: Channel) -> None:
    """A thousand a second was configured; the clock moves only while somebody waits."""
    began_ms = channel.clock.now_ms()
    for _ in range(50):
        await channel.adapter.probe()
    assert channel.list_calls == 50
    assert channel.clock.now_ms() - began_ms >= 49


async def test_one_order_that_cannot_be_read_hides_no_other(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(120, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    spoilt = placed[60].order_id
    channel.simulator.spoilt_ids.add(spoilt)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed} - {spoilt}
    assert {spoilt in str(missed.row) for missed in channel.missed} == {True}
    assert {type(missed.error) for missed in channel.missed} == {NotUnderstood}

    channel.simulator.spoilt_ids.clear()
    channel.keep(await channel.adapter.order(spoilt))
    assert spoilt in channel.kept


async def test_an_order_that_vanished_after_it_was_listed_hides_no_other() -> None:
    async with opened("taobao") as channel:
        book = channel.simulator.book
        placed = book.place_many(30, 25 * MINUTE_MS, 2 * MINUTE_MS)
        gone = placed[7].order_id

        def vanish() -> None:
            del book.orders[gone]

        channel.simulator.between_pages = vanish
        window = Window(placed[0].modified_ms, placed[-1].modified_ms)
        found = [order async for page in channel.adapter.orders(window) for order in page]
        assert [one.row_id for one in found if isinstance(one, Missed)] == [gone]
        assert sum(isinstance(one, Arrived) for one in found) == 29


async def test_a_detail_of_another_order_is_not_taken_for_it(channel: Channel) -> None:
    book = channel.simulator.book
    order = book.place()
    book.orders["31"] = order
    with pytest.raises(NotUnderstood):
        await channel.adapter.order("31")
    assert isinstance(await channel.adapter.order(order.order_id), Arrived)
