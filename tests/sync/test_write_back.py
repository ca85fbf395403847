"""What may be sold is written where it differs: absolute, a bundle's by its scarcest part, and again when in doubt."""

import asyncpg
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.channels.calls import ATTEMPTS_MAX
from inventory_service.domain.errors import Refused
from inventory_service.usecases.sync import write_back
from inventory_service.usecases.sync.ports import Item
from inventory_service.usecases.sync.write_back import BELIEVED_MS, BROKEN_MAX, REFUSED_AGAIN_MS, TOGETHER_MAX, sellable
from tests.simulators.platform import Simulator, broken_off, silent
from tests.sync.house import House, house

ITEMS = [Item("520", "100", {"TEE": 1}), Item("520", "101", {"TEE": 2, "MUG": 1}), Item("521", "", {"MUG": 3})]


def on_platform(house: House) -> dict[tuple[str, str], int]:
    return house.simulator.book.stock


async def stocked(house: House, **units: int) -> None:
    await house.items.put("tees", ITEMS)
    house.shelves.units = dict(units)


async def test_what_may_be_sold_is_written_once_until_it_changes(each_shop: House) -> None:
    house = each_shop
    await stocked(house, TEE=9, MUG=7)
    await house.write_back()
    assert on_platform(house) == {("520", "100"): 9, ("520", "101"): 4, ("521", ""): 2}
    calls = len(house.simulator.called)
    await house.write_back()
    assert len(house.simulator.called) == calls

    house.shelves.units["MUG"] = 1
    await house.write_back()
    assert on_platform(house) == {("520", "100"): 9, ("520", "101"): 1, ("521", ""): 0}


async def test_a_platform_that_counted_by_itself_is_told_again_after_an_hour(each_shop: House) -> None:
    house = each_shop
    await stocked(house, TEE=9, MUG=7)
    await house.write_back()
    on_platform(house)["520", "100"] = 4
    house.clock.advance(BELIEVED_MS - 1)
    await house.write_back()
    assert on_platform(house)["520", "100"] == 4
    house.clock.advance(1)
    await house.write_back()
    assert on_platform(house)["520", "100"] == 9


async def test_many_changes_are_one_call(shop: House) -> None:
    await stocked(shop, TEE=500, MUG=500)
    await shop.write_back()
    calls = len(shop.simulator.called)
    for units in range(400, 300, -1):
        shop.shelves.units["TEE"] = units
    await shop.write_back()
    assert len(shop.simulator.called) == calls + 1
    assert on_platform(shop)["520", "100"] == 301


async def test_what_is_refused_stops_no_other_and_is_tried_again_later(each_shop: House) -> None:
    house = each_shop
    await stocked(house, TEE=9, MUG=7)
    await house.items.put("tees", [Item("520", "999", {"TEE": 1})])
    await house.write_back()
    assert on_platform(house)["520", "100"] == 9
    (refused,) = [item for item in await house.items.list("tees") if item.reason]
    assert (refused.sku_id, refused.written) == ("999", None)
    calls = len(house.simulator.called)
    await house.write_back()
    assert len(house.simulator.called) == calls
    house.clock.advance(REFUSED_AGAIN_MS)
    await house.write_back()
    assert len(house.simulator.called) > calls


async def test_an_article_at_which_the_platform_breaks_blocks_none_behind_it(
    database: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    async with house("douyin", database) as shop:
        await shop.items.put("tees", [Item("520", str(sku), {f"TEE-{sku}": 1}) for sku in range(100, 122)])
        shop.shelves.units = {f"TEE-{sku}": sku for sku in range(100, 122)}
        answer = shop.simulator.answer

        def breaking(request: web.Request, body: bytes) -> web.Response:
            return web.Response(status=500) if b'"sku_id":101' in body else answer(request, body)

        shop.simulator.answer = breaking  # type: ignore[method-assign]
        assert await shop.write_back() == 1.0
        assert on_platform(shop).keys() == {("520", str(sku)) for sku in range(100, 122)} - {("520", "101")}


async def test_a_call_without_an_answer_is_made_again(shop: House) -> None:
    """Whether the platform has the 9 or the 3 nobody knows: so it is told again, though 9 is what was written last."""
    await stocked(shop, TEE=9, MUG=7)
    await shop.write_back()
    shop.shelves.units["TEE"] = 3
    shop.simulator.troubles.extend([silent] * 4)
    await shop.write_back()
    shop.shelves.units["TEE"] = 9
    on_platform(shop)["520", "100"] = 3
    await shop.write_back()
    assert on_platform(shop)["520", "100"] == 9


def many_articles(shop: House) -> list[Item]:
    """25, of which the platform takes some at a time: of each one unit more than of the one before it."""
    shop.shelves.units = {f"S{number:02}": number for number in range(25)}
    return [Item("900", sku, {sku: 1}) for sku in sorted(shop.shelves.units, reverse=True)]


async def answered(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    return simulator.answer(request, await request.read())


async def test_of_a_list_that_is_cut_off_the_scarcest_were_written(shop: House) -> None:
    await shop.items.put("tees", many_articles(shop))
    together_and_one_by_one = 1 + BROKEN_MAX + 1
    shop.simulator.troubles.extend([answered, *[broken_off] * ATTEMPTS_MAX * together_and_one_by_one])
    await shop.write_back()
    scarcest = {("900", f"S{number:02}"): number for number in range(TOGETHER_MAX)}
    assert on_platform(shop) == scarcest
    noted = {(item.product_id, item.sku_id): item.written for item in await shop.items.list("tees")}
    assert {item: written for item, written in noted.items() if written is not None} == scarcest


async def test_a_number_is_read_right_before_it_is_written(shop: House) -> None:
    await shop.items.put("tees", many_articles(shop))

    async def sell_and_answer(simulator: Simulator, request: web.Request) -> web.StreamResponse:
        shop.shelves.units["S24"] = 1
        return await answered(simulator, request)

    shop.simulator.troubles.append(sell_and_answer)
    await shop.write_back()
    assert on_platform(shop)["900", "S24"] == 1
    assert on_platform(shop)["900", "S23"] == 23


async def test_a_long_list_is_written_in_rounds_that_begin_with_what_is_scarce_then(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_back, "ROUND_S", 0.0)
    await shop.items.put("tees", many_articles(shop))
    assert await shop.write_back() == 0.0
    assert len(on_platform(shop)) == TOGETHER_MAX
    shop.shelves.units["S00"] = 7
    await shop.write_back()
    assert on_platform(shop) == {("900", sku): units for sku, units in shop.shelves.units.items()}


async def test_a_sku_that_is_unknown_has_none_and_what_is_oversold_is_zero(shop: House) -> None:
    await stocked(shop, TEE=-4)
    await shop.write_back()
    assert set(on_platform(shop).values()) == {0}


async def test_an_article_without_parts_is_written_no_more(shop: House) -> None:
    await stocked(shop, TEE=9, MUG=7)
    await shop.write_back()
    await shop.items.put("tees", [Item("520", "100", {}), Item("520", "101", {"TEE": 1})])
    shop.shelves.units["TEE"] = 5
    await shop.write_back()
    assert on_platform(shop) == {("520", "100"): 9, ("520", "101"): 5, ("521", ""): 2}


async def test_a_shop_that_is_unknown_has_no_articles(shop: House) -> None:
    with pytest.raises(Refused):
        await shop.items.put("mugs", ITEMS)


@given(
    parts=st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 9), min_size=1),
    stock=st.dictionaries(st.sampled_from("ABCD"), st.integers(-5, 200)),
)
def test_a_bundle_can_be_sold_as_often_as_its_parts_last(parts: dict[str, int], stock: dict[str, int]) -> None:
    many = sellable(Item("1", "", parts), stock)
    assert many >= 0
    assert all(stock.get(sku, 0) >= units * many for sku, units in parts.items() if many)
    assert any(stock.get(sku, 0) < units * (many + 1) for sku, units in parts.items())
