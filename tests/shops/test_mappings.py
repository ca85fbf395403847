"""A shop's own mapping: every version is kept, the newest counts in every process, and none is kept that is wrong."""

import asyncio
from dataclasses import astuple, replace

import asyncpg
import pytest

from inventory_service.channels.mapping.own import OwnMappings
from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.domain.errors import NotReady, Refused
from inventory_service.ledger.mappings import PostgresMappings
from inventory_service.ledger.pool import make_pool
from inventory_service.usecases.orders.ports import Misread
from inventory_service.usecases.shops.ports import Author
from tests.acceptance.waiting import eventually
from tests.mapping.samples import TAOBAO
from tests.mapping.test_loading import KIOSK
from tests.shops.house import NOW_MS, SHOP, House, Process, hearing

ARTICLE = 'version = 1\nextends = "taobao"\n[line]\nsku.path = "outer_iid"\n'
NEW_STATE = ARTICLE + '[tables.fulfilment]\nTRADE_NEW = "on_hold"\n'
OURS = "TEE-RED-M"


def sku_read_by(process: Process) -> str:
    order = DocumentReader(OwnMappings(process.own_mappings.newest))("taobao", "tees", TAOBAO)
    return order.lines[0].sku


async def test_versions_are_kept_and_the_newest_counts(empty: House, here: Process) -> None:
    await here.own_mappings.refresh()
    assert sku_read_by(here) == OURS
    first = await here.mappings.set("tees", ARTICLE, "desk")
    assert (first.version, [astuple(each) for each in first.changes]) == (
        *(1, [("[line] sku path", "outer_sku_id, outer_iid", "outer_iid")]),
    )
    assert sku_read_by(here) == "TEE"
    empty.now_ms += 1000
    second = await here.mappings.set("tees", NEW_STATE, "person")
    assert [astuple(each) for each in second.changes] == [("[tables.fulfilment] TRADE_NEW", "", "on_hold")]
    again = await here.mappings.set("tees", NEW_STATE, "nobody")  # as a repeat after a lost answer
    assert (again.version, again.changes) == (2, [])
    third = await here.mappings.unset("tees", "desk")
    assert (third.version, len(third.changes), sku_read_by(here)) == (3, 2, OURS)
    assert (await here.mappings.unset("tees", "nobody")).version == 3

    shown = await empty.process().mappings.one("tees")
    assert (shown.version, shown.toml, shown.problem, shown.digest) == (3, "", "", third.digest)
    kept = [(each.version, each.toml, each.set_by, each.set_ms - NOW_MS) for each in shown.versions]
    assert kept == [(3, "", "desk", 1000), (2, NEW_STATE, "person", 1000), (1, ARTICLE, "desk", 0)]
    actions = [(each.action, each.by) for each in await here.manage.history("tees")]
    assert actions[:3] == [("unmapped", "desk"), ("mapped", "person"), ("mapped", "desk")]
    for change in ("UPDATE shop_mappings SET toml = ''", "DELETE FROM shop_mappings"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await empty.pool.execute(change)


async def test_what_it_would_change_is_told_and_nothing_kept(here: Process) -> None:
    told = await here.mappings.compare("tees", ARTICLE)
    assert (told.version, [each.place for each in told.changes]) == (0, ["[line] sku path"])
    assert (await here.mappings.one("tees")).versions == []
    assert (await here.mappings.unset("tees", "desk")).version == 0  # there is nothing to take back


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (ARTICLE.replace("sku", "skus"), r"\[line\] skus: is not known here; is sku meant\?"),
        (ARTICLE + "[line]\n", "is no TOML"),
        (ARTICLE.replace("taobao", "ebay"), "extends: 'ebay' is none of douyin, generic, taobao"),
        (ARTICLE.replace("taobao", "douyin"), "This is a mapping of douyin, and tees is a shop of taobao."),
        (KIOSK, "This is a mapping of kiosk"),
        ("", "version: "),
    ],
)
async def test_none_is_kept_that_is_wrong(here: Process, toml: str, told: str) -> None:
    with pytest.raises(Refused, match=told) as refusal:
        await here.mappings.set("tees", toml, "desk")
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", "/toml")
    assert (await here.mappings.one("tees")).versions == []


async def test_a_channel_of_ones_own_has_none_to_go_back_to(here: Process) -> None:
    await here.manage.put(replace(SHOP, shop="ginza", channel="kiosk", settings={"protocol": "generic"}), "desk")
    assert (await here.mappings.one("ginza")).digest == ""
    done = await here.mappings.set("ginza", KIOSK, "desk")
    assert (done.version, {each.before for each in done.changes}) == (1, {""})
    with pytest.raises(Refused, match="no mapping of ours for kiosk"):
        await here.mappings.unset("ginza", "desk")


async def test_a_shop_that_is_not_there_has_none(here: Process) -> None:
    work = (here.mappings.one("tea"), here.mappings.set("tea", ARTICLE, "desk"), here.mappings.unset("tea", "desk"))
    for each in work:
        with pytest.raises(Refused, match="There is no shop tea"):
            await each


async def test_many_at_once_are_as_many_versions(empty: House, here: Process) -> None:
    texts = [f"{ARTICLE}# {number}" for number in range(12)]
    done = await asyncio.gather(*(empty.process().mappings.set("tees", text, "desk") for text in texts))
    assert sorted(each.version for each in done) == list(range(1, 13))
    assert len((await here.mappings.one("tees")).versions) == 12


async def test_other_processes_read_by_it_at_once(empty: House, here: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the announcement: the reading every second is put off."""
    monkeypatch.setattr("inventory_service.ledger.refresh.REFRESH_S", 3600.0)
    there = empty.process()
    read = DocumentReader(OwnMappings(there.own_mappings.newest))

    async def reads(sku: str) -> bool:
        return read("taobao", "tees", TAOBAO).lines[0].sku == sku

    async with hearing(empty, there):
        assert await reads(OURS)
        await here.mappings.set("tees", ARTICLE, "desk")
        await eventually(lambda: reads("TEE"), "the change is heard of")
        await here.mappings.set("tees", ARTICLE.replace("outer_iid", "title"), "desk")
        await eventually(lambda: reads("红色T恤"), "and the next one")


async def test_unread_mappings_are_never_taken_for_ours(here: Process) -> None:
    await here.mappings.set("tees", ARTICLE, "desk")
    with pytest.raises(NotReady):
        sku_read_by(replace(here, own_mappings=PostgresMappings(here.own_mappings._pool)))


async def test_what_is_known_survives_postgres(database_url: str, here: Process) -> None:
    async with make_pool(database_url, size_max=1) as pool:
        mappings = PostgresMappings(pool)
        await mappings.put("tees", ARTICLE, "digest", Author("desk", NOW_MS))
    with pytest.raises(NotReady):
        await mappings.refresh()
    assert sku_read_by(replace(here, own_mappings=mappings)) == "TEE"


async def test_one_that_a_new_release_calls_wrong_is_a_failure_and_can_be_replaced(here: Process) -> None:
    old = ARTICLE.replace("version = 1", "version = 0")
    await here.own_mappings.put("tees", old, "digest", Author("desk", NOW_MS))
    with pytest.raises(Misread) as misread:
        sku_read_by(here)
    misfit = misread.value.misfit
    assert (misfit.field, misfit.reason.startswith("version 1 of the mapping of tees: version: ")) == ("mapping", True)
    assert "version: should be 1" in (await here.mappings.one("tees")).problem
    await here.mappings.set("tees", ARTICLE, "desk")
    assert sku_read_by(here) == "TEE"
