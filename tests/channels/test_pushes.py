"""Messages that platforms send: hints, whatever else stands in them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory_service.standard_webhooks import TOLERANCE_MS
from inventory_service.usecases.sync.adapter import (
    ChannelError,
    CredentialRefused,
    HasQueue,
    Hint,
    NotUnderstood,
    Reply,
)
from tests.channels.channel import Channel, opened
from tests.simulators.book import Order
from tests.simulators.douyin import SHOP_ID, DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Simulator
from tests.simulators.taobao import REDELIVERY_MS, TaobaoSimulator

HOSTILE = [
    b"",
    b"{",
    b"[",
    b"null",
    b"17",
    b'"text"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"data":' * 50_000,
    b"9" * 100_000,
    b"[1e999999999]",
    b'[{"tag":"101","msg_id":NaN,"data":"{}"}]',
    b'{"type":"order.paid","data":{"order_id":"\\ud800"}}',
    b'[{"tag":"101","msg_id":"\\ud800","data":"{}"}]',
    b'[{"tag":"101"}]',
    b'[[{"tag":"101"}]]',
    b'{"type":"order.paid"}',
    b'{"type":"order.paid","data":{"order_id":{"$ne":1}}}',
    b'{"type":"order.paid","data":{"order_id":"' + b"x" * 65 + b'"}}',
    b'{"type":"order.paid","data":{"order_id":"a b\\n"}}',
    b'{"type":17,"data":{}}',
    json.dumps([{"tag": "101", "msg_id": str(number), "data": '{"p_id":1}'} for number in range(1001)]).encode(),
]


def pushed_by(simulator: Simulator, body: bytes, secret: str | None = None) -> tuple[dict[str, str], bytes]:
    assert isinstance(simulator, DouyinSimulator | GenericSimulator)
    return simulator.signed(body, secret)


def push_of(channel: Channel) -> tuple[str, dict[str, str], bytes]:
    """Order id, headers and body of a push about a new order."""
    simulator = channel.simulator
    order = simulator.book.place()
    return order.order_id, *push_again(channel, order)


def push_again(channel: Channel, order: Order) -> tuple[dict[str, str], bytes]:
    simulator = channel.simulator
    if isinstance(simulator, DouyinSimulator):
        return simulator.push([order])
    assert isinstance(simulator, GenericSimulator)
    return simulator.push(order)


async def test_a_push_leads_to_the_order(with_pushes: Channel) -> None:
    order_id, headers, body = push_of(with_pushes)
    hints = await with_pushes.pushes.pushed(headers, body)
    assert [hint.channel_order_id for hint in hints.orders] == [order_id]
    with_pushes.keep(await with_pushes.adapter.order(order_id))
    assert with_pushes.kept.keys() == {order_id}


async def test_a_push_that_was_noted_tells_nothing_more(with_pushes: Channel) -> None:
    """Until then it tells the same again: whoever could not note it gets it once more."""
    order_id, headers, body = push_of(with_pushes)
    first = await with_pushes.pushes.pushed(headers, body)
    assert await with_pushes.pushes.pushed(headers, body) == first
    assert [hint.channel_order_id for hint in first.orders] == [order_id]
    with_pushes.pushes.remember(first)
    replayed = await with_pushes.pushes.pushed(headers, body)
    assert (list(replayed.orders), list(replayed.message_ids)) == ([], [])


async def test_late_and_repeated_pushes_end_with_the_newest_state(with_pushes: Channel) -> None:
    book = with_pushes.simulator.book
    order = book.place()
    first = push_again(with_pushes, order)
    with_pushes.clock.advance(1000)
    book.change(order.order_id, "shipped")
    second = push_again(with_pushes, order)
    for headers, body in (second, first, second):
        for hint in (await with_pushes.pushes.pushed(headers, body)).orders:
            with_pushes.keep(await with_pushes.adapter.order(hint.channel_order_id))
        assert with_pushes.state_of(order) == "shipped"


async def test_both_secrets_sign_during_a_change(with_pushes: Channel) -> None:
    old_push = push_of(with_pushes)
    with_pushes.change_secret()
    new_push = push_of(with_pushes)
    with pytest.raises(CredentialRefused):
        await with_pushes.pushes.pushed(*new_push[1:])

    with_pushes.enter_secret(keep_old=True)
    for order_id, headers, body in (old_push, new_push):
        hints = await with_pushes.pushes.pushed(headers, body)
        assert [hint.channel_order_id for hint in hints.orders] == [order_id]

    with_pushes.enter_secret()
    with pytest.raises(CredentialRefused):
        await with_pushes.pushes.pushed(*old_push[1:])


async def test_three_secrets_are_one_too_many(with_pushes: Channel) -> None:
    order_push = push_of(with_pushes)
    for _ in range(2):
        with_pushes.change_secret()
        newest = with_pushes.safe.versions
        with_pushes.enter_secret(keep_old=True)
        with_pushes.safe.versions = [with_pushes.safe.versions[0], *newest]
    with pytest.raises(CredentialRefused):
        await with_pushes.pushes.pushed(*order_push[1:])


def spoilt(headers: dict[str, str], body: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    for name, value in headers.items():
        yield {other: kept for other, kept in headers.items() if other != name}, body
        yield headers | {name: ""}, body
        yield headers | {name: value + "0"}, body
        yield headers | {name: "é"}, body
    for length in (0, 1, len(body) // 2, len(body) - 1):
        yield headers, body[:length]
    yield headers, body + b" "
    yield headers, body.replace(b"1", b"2", 1)


async def test_what_no_live_secret_signed_is_refused(with_pushes: Channel) -> None:
    """The platform's own 401 or "fail" is for the caller to send; nothing is read of such a body."""
    _, headers, body = push_of(with_pushes)
    for wrong_headers, wrong_body in spoilt(headers, body):
        with pytest.raises(CredentialRefused):
            await with_pushes.pushes.pushed(wrong_headers, wrong_body)
    assert await with_pushes.pushes.pushed(headers, body)


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:24]))
async def test_a_hostile_body_is_refused_even_when_signed(with_pushes: Channel, body: bytes) -> None:
    with pytest.raises(CredentialRefused):
        await with_pushes.pushes.pushed(*pushed_by(with_pushes.simulator, body, "whsec_b3RoZXI="))
    try:
        hints = await with_pushes.pushes.pushed(*pushed_by(with_pushes.simulator, body))
    except NotUnderstood:
        return
    assert list(hints.orders) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["tag", "msg_id", "data", "type", "order_id", "p_id"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_nothing_but_a_channel_error_comes_of_signed_json(data: object) -> None:
    async def push() -> None:
        for platform in ("douyin", "generic"):
            async with opened(platform) as channel:
                with suppress(ChannelError):
                    await channel.pushes.pushed(*pushed_by(channel.simulator, json.dumps(data).encode()))

    asyncio.run(push())


async def test_stale_messages_of_ones_own_shop_are_refused() -> None:
    async with opened("generic") as channel:
        order_id, headers, body = push_of(channel)
        for age_ms, fresh in ((TOLERANCE_MS, True), (1000, False)):
            channel.clock.advance(age_ms)
            if fresh:
                hints = await channel.pushes.pushed(headers, body)
                assert list(hints.orders) == [Hint(order_id, "")]
                continue
            with pytest.raises(CredentialRefused):
                await channel.pushes.pushed(headers, body)
        channel.clock.advance(-2 * TOLERANCE_MS - 2000)
        with pytest.raises(CredentialRefused):
            await channel.pushes.pushed(headers, body)


async def test_douyin_sends_several_messages_in_one_push_some_of_them_twice() -> None:
    async with opened("douyin") as channel:
        simulator = channel.simulator
        assert isinstance(simulator, DouyinSimulator)
        orders = simulator.book.place_many(20, 60_000)
        hints = await channel.pushes.pushed(*simulator.push(orders, repeat=True))
        assert sorted(hints.orders) == sorted(Hint(order.order_id, str(SHOP_ID)) for order in orders)
        assert len(set(hints.message_ids)) == len(hints.message_ids) == 20


async def test_douyin_sends_a_single_message_as_an_object_too() -> None:
    async with opened("douyin") as channel:
        simulator = channel.simulator
        assert isinstance(simulator, DouyinSimulator)
        order = simulator.book.place()
        _, body = simulator.push([order])
        hints = await channel.pushes.pushed(*simulator.signed(body[1:-1]))
        assert list(hints.orders) == [Hint(order.order_id, str(SHOP_ID))]


@pytest.mark.parametrize("body", [b'[{"tag":"0","msg_id":"0","data":"2022"}]', b'{"tag":"0"}'])
async def test_douyins_probe_of_the_address_is_accepted(body: bytes) -> None:
    async with opened("douyin") as channel:
        hints = await channel.pushes.pushed(*pushed_by(channel.simulator, body))
        assert (list(hints.orders), list(hints.message_ids)) == ([], [])
        assert channel.pushes.accepted == Reply(200, b'{"code":0,"msg":"success"}')
        assert channel.pushes.refused.body == b'{"code":1,"msg":"fail"}'


async def test_a_message_about_no_order_is_accepted_beside_one_that_is() -> None:
    async with opened("douyin") as channel:
        told = [
            {"tag": "400", "msg_id": "m1", "data": '{"product_id":1}'},
            {"tag": "101", "msg_id": "m2", "data": "{"},
            {"tag": "101", "msg_id": "m3", "data": '{"p_id":4888888888888888888,"shop_id":1}'},
        ]
        hints = await channel.pushes.pushed(*pushed_by(channel.simulator, json.dumps(told).encode()))
        assert list(hints.orders) == [Hint("4888888888888888888", "1")]
        assert list(hints.message_ids) == ["m1", "m2", "m3"]


async def test_taobaos_queue_is_emptied_by_confirming() -> None:
    async with opened("taobao") as channel:
        simulator, adapter = channel.simulator, channel.adapter
        assert isinstance(simulator, TaobaoSimulator)
        assert isinstance(adapter, HasQueue)
        orders = simulator.book.place_many(150, 60_000)
        for order in orders:
            simulator.tell(order, times=2)
        simulator.tell_nonsense()
        simulator.queue["none"] = {"topic": "taobao_trade_TradeBuyerPay"}
        seen: list[Hint] = []
        while (hints := await adapter.queued()).message_ids:
            seen += hints.orders
            await adapter.confirm(hints)
        assert {hint.channel_order_id for hint in seen} == {order.order_id for order in orders}
        assert {hint.seller_id for hint in seen} == {"263817"}
        assert simulator.queue.keys() == {"none"}  # it has no id to be confirmed by


async def test_what_was_not_confirmed_comes_again() -> None:
    async with opened("taobao") as channel:
        simulator, adapter = channel.simulator, channel.adapter
        assert isinstance(simulator, TaobaoSimulator)
        assert isinstance(adapter, HasQueue)
        simulator.tell(simulator.book.place())
        first = await adapter.queued()
        assert len(first.orders) == 1
        assert not (await adapter.queued()).orders
        channel.clock.advance(REDELIVERY_MS)
        assert await adapter.queued() == first
        await adapter.confirm(first)
        channel.clock.advance(REDELIVERY_MS)
        assert not (await adapter.queued()).message_ids
