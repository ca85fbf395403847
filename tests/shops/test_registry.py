"""Shops are registered, changed, listed; everybody knows, and who did it is kept."""

import asyncio
from dataclasses import replace

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.shops import PostgresShops
from inventory_service.usecases.shops.ports import Author
from tests.acceptance.waiting import eventually
from tests.shops.house import NOW_MS, SHOP, House, Process, hearing


async def test_a_shop_is_kept_as_it_was_registered(empty: House) -> None:
    here, there = empty.process(), empty.process()
    with pytest.raises(NotReady):
        there.shops.all()
    assert await here.manage.put(SHOP, "desk") == SHOP
    assert await there.manage.one("tees") == SHOP
    changed = replace(SHOP, title="T恤", hold_seconds=60, settings={"options": {"sign_method": "md5"}}, enabled=False)
    await there.manage.put(changed, "person")
    await here.shops.refresh()
    assert (await here.manage.list(50, "")).data == [changed]


async def test_history_tells_who_changed_what_and_when(empty: House, here: Process) -> None:
    empty.now_ms += 1000
    await here.manage.put(replace(SHOP, responsible="Han Meimei", enabled=False), "person")
    await here.manage.put(replace(SHOP, responsible="Han Meimei", enabled=False), "nobody")  # changes nothing
    changed, added = await here.manage.history("tees")
    assert (added.action, added.by, added.at_ms, added.detail["title"]) == ("added", "desk", NOW_MS, "T恤店")
    assert (changed.action, changed.by, changed.at_ms) == ("changed", "person", NOW_MS + 1000)
    assert changed.detail == {"responsible": ["Li Lei", "Han Meimei"], "enabled": [True, False]}


async def test_a_shop_stays_in_its_channel_and_the_channel_must_exist(here: Process) -> None:
    with pytest.raises(Refused, match="is a shop of taobao") as refusal:
        await here.manage.put(replace(SHOP, channel="douyin"), "desk")
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", "/channel")
    with pytest.raises(Refused, match="There is no channel ebay: there are douyin, generic, taobao") as refusal:
        await here.manage.put(replace(SHOP, shop="bay", channel="ebay"), "desk")
    assert (await here.manage.one("tees")).channel == "taobao"
    with pytest.raises(Refused) as refusal:
        await here.manage.put(replace(SHOP, base_url="http://gateway.example"), "desk")
    assert refusal.value.pointer == "/base_url"


@pytest.mark.parametrize("channel", ["taobao", "douyin"])
async def test_an_option_that_its_platform_does_not_have_is_refused(here: Process, channel: str) -> None:
    """Kept, every call of the shop and every message to it failed, and only a log said so."""
    settings = {"options": {"sign_method": "sha1"}}
    with pytest.raises(Refused, match="sign_method is one of hmac-sha256") as refusal:
        await here.manage.put(replace(SHOP, shop="teas", channel=channel, settings=settings), "desk")
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", "/settings")
    await here.manage.put(replace(SHOP, shop="teas", channel=channel, settings={}), "desk")


async def test_two_that_register_it_for_two_channels_do_not_mix(empty: House) -> None:
    shops = [replace(SHOP, channel=channel) for channel in ("taobao", "douyin", "generic")]
    done = await asyncio.gather(*(empty.process().manage.put(shop, "desk") for shop in shops), return_exceptions=True)
    assert sorted(isinstance(each, Refused) for each in done) == [False, True, True]
    (won,) = [each for each in done if not isinstance(each, BaseException)]
    assert await empty.process().manage.one("tees") == won


async def test_unknown_shops_are_told(here: Process) -> None:
    for work in (here.manage.one("tea"), here.manage.history("tea"), here.secrets.list("tea")):
        with pytest.raises(Refused, match="There is no shop tea") as refusal:
            await work
        assert refusal.value.code == "not_found"


async def test_lists_come_in_pages_by_name(empty: House) -> None:
    here = empty.process()
    for name in ("c", "a", "b"):
        await here.manage.put(replace(SHOP, shop=name), "desk")
    first = await here.manage.list(2, "")
    assert [shop.shop for shop in first.data] == ["a", "b"]
    rest = await here.manage.list(2, first.next_cursor)
    assert ([shop.shop for shop in rest.data], rest.next_cursor) == (["c"], "")
    for cursor in ("!", "d2FyZWhvdXNlczph", "é"):
        with pytest.raises(Refused) as refusal:
            await here.manage.list(2, cursor)
        assert refusal.value.pointer == "/cursor"


async def test_pausing_happens_once_and_survives_a_change(empty: House, here: Process) -> None:
    author = Author("service", NOW_MS)
    assert await here.shops.pause("tees", "credential_invalid", 3, author)
    assert not await here.shops.pause("tees", "other", 4, author)
    await here.manage.put(replace(SHOP, title="T"), "desk")
    there = empty.process()
    found = await there.manage.one("tees")
    assert (found.title, found.paused_reason, found.paused_version) == ("T", "credential_invalid", 3)
    assert await there.shops.resume("tees", author)
    assert not await there.shops.resume("tees", author)
    actions = [change.action for change in await here.manage.history("tees")]
    assert actions == ["resumed", "changed", "paused", "added"]


async def test_other_processes_hear_of_a_change(empty: House, here: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once by the announcement: the reading every second is put off."""
    monkeypatch.setattr("inventory_service.ledger.refresh.REFRESH_S", 3600.0)
    there = empty.process()

    async def knows(title: str) -> bool:
        shop = await there.shops.lookup("tees")  # from memory, once it is known
        return shop is not None and shop.title == title

    async with hearing(empty, there):
        await eventually(lambda: knows("T恤店"), "the shop is read")
        await here.manage.put(replace(SHOP, title="new"), "desk")
        await eventually(lambda: knows("new"), "the change is heard of")


async def test_shops_known_so_far_survive_postgres(database_url: str) -> None:
    async with make_pool(database_url, size_max=1) as pool:
        shops = PostgresShops(pool)
        await shops.put(SHOP, Author("desk", NOW_MS))
    assert shops.all() == {"tees": SHOP}
    assert await shops.lookup("tees") == SHOP
    with pytest.raises(NotReady):
        await shops.lookup("tea")
