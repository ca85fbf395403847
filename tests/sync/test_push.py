"""A platform calls us: verified, noted, answered as it expects. What is refused is counted, and nothing is stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.usecases.sync.adapter import Adapter, Reply, TakesPushes
from inventory_service.usecases.sync.ports import Shop, Took
from inventory_service.usecases.sync.push import TakePush
from tests.channels.channel import MINUTE_MS
from tests.simulators.book import Order
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.sync.house import House, opened_adapter


class Door:
    def __init__(self, house: House) -> None:
        self.house = house
        self.opened = 0
        self.take = TakePush(house.shops, self._open, house.hints, house.told, house.clock.now_ms)

    @asynccontextmanager
    async def _open(self, shop: Shop) -> AsyncIterator[Adapter]:
        self.opened += 1
        adapter = opened_adapter(self.house.shops.shops[shop.shop], self.house.safe, self.house.clock)
        try:
            yield adapter
        finally:
            await adapter.close()

    def message(self, order: Order) -> tuple[dict[str, str], bytes]:
        simulator = self.house.simulator
        if isinstance(simulator, DouyinSimulator):
            return simulator.push([order])
        assert isinstance(simulator, GenericSimulator)
        return simulator.push(order)

    async def push(self, headers: dict[str, str], body: bytes) -> Reply:
        return await self.take("tees", headers, body)


@pytest.fixture
async def door(pushing: House) -> AsyncIterator[Door]:
    made = Door(pushing)
    yield made
    await made.take.close()


async def test_a_message_becomes_a_hint_and_the_hint_an_order(door: Door) -> None:
    house = door.house
    order = house.simulator.book.place(100 * MINUTE_MS)
    headers, body = door.message(order)
    answers = [await door.push(headers, body) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert await house.hints.waiting() == {"tees": 1}
    assert house.told.pushes == {"noted": 1, "nothing_new": 2}
    await house.follow()
    assert house.orders.took == {Took.NEW: 1}
    assert door.opened == 1


async def test_what_is_not_signed_or_was_cut_or_changed_is_refused_and_nothing_is_stored(door: Door) -> None:
    house = door.house
    assert isinstance(house.adapter, TakesPushes)
    refused = house.adapter.refused
    headers, body = door.message(house.simulator.book.place(100 * MINUTE_MS))
    for sent, bent in ((headers, body[:-1]), (headers, body + b" "), ({}, body), (headers, b""), (headers, b"\xff{")):
        assert await door.push(sent, bent) == refused
    assert await house.hints.waiting() == {}
    assert house.told.pushes == {"refused": 5}


async def test_of_two_live_secrets_either_may_sign(door: Door) -> None:
    house = door.house
    order = house.simulator.book.place(100 * MINUTE_MS)
    old = door.message(order)
    house.simulator.change_secret()
    newest = house.safe.versions[0]
    house.safe.versions.insert(0, replace(newest, version=2, app_secret=house.simulator.secret))
    for message in (old, door.message(order)):
        await door.push(*message)
    assert house.told.pushes == {"noted": 2}
    house.safe.versions.pop()
    await door.push(*old)
    assert house.told.pushes == {"noted": 2, "refused": 1}


async def test_a_message_that_could_not_be_noted_is_taken_when_it_comes_again(door: Door) -> None:
    house = door.house
    headers, body = door.message(house.simulator.book.place(100 * MINUTE_MS))

    async def breaks(*_: object) -> None:
        raise NotReady("Postgres: gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.hints, "note", breaks)
        with pytest.raises(NotReady):
            await door.push(headers, body)
    await door.push(headers, body)
    assert await house.hints.waiting() == {"tees": 1}


async def test_a_shop_that_is_unknown_or_switched_off_takes_nothing(door: Door) -> None:
    headers, body = door.message(door.house.simulator.book.place())

    async def asks_the_store(*_: object) -> None:
        raise AssertionError("a stranger made the store answer")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door.house.shops, "lookup", asks_the_store)
        with pytest.raises(Refused) as unknown:
            await door.take("mugs", headers, body)
    door.house.shops.shops["tees"] = replace(door.house.registered, enabled=False)
    with pytest.raises(Refused) as switched_off:
        await door.push(headers, body)
    assert {unknown.value.code, switched_off.value.code} == {"not_found"}


async def test_a_shop_that_was_changed_is_opened_anew(door: Door) -> None:
    headers, body = door.message(door.house.simulator.book.place())
    await door.push(headers, body)
    door.house.shops.shops["tees"] = replace(door.house.registered, settings={"calls_per_second": 3})
    await door.push(headers, body)
    assert door.opened == 2


async def test_a_platform_without_pushes_has_no_door(taobao: House) -> None:
    door = Door(taobao)
    with pytest.raises(Refused):
        await door.push({}, b"{}")
    await door.take.close()
