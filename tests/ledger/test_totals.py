"""The alarm that a SKU runs low over all warehouses that sell, or for a channel."""

from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from inventory_service.domain.warehouse import WarehouseKind
from inventory_service.usecases.ports import Alert
from tests.kernel import make
from tests.ledger.house import PEK, SHA, House, shop
from tests.ledger.test_alarms import alarms, flushed
from tests.ledger.test_resnapshot import back_up, let_go, resnapshot, restore, wrong

BOTH = make.route(SHA, PEK)


@pytest.fixture
async def selling(open_house: House) -> House:
    """Ten of A: six in Shanghai, four in Peking."""
    for code in (SHA, PEK):
        await open_house.warehouses.put(shop(code))
    await flushed(open_house, *make.stocked("A@SHA*6 A@PEK*4"))
    return open_house


def figures(found: list[Alert]) -> list[tuple[Any, ...]]:
    """What people see of each, the oldest first."""
    low = [each for each in reversed(found) if each.rule == "low_stock"]
    return [(each.cause, each.state, each.count, each.detail["available"]) for each in low]


async def test_a_total_is_told_once_below_its_threshold_and_closed_at_it(selling: House) -> None:
    await flushed(selling, make.policy("A", 1, terms=[make.terms(withheld=2, warn_below=5)]))
    assert await flushed(selling, make.reserve("r1", "A", BOTH)) == ["held"]
    assert await alarms(selling) == []
    await flushed(selling, make.reserve("r2", "A", BOTH))
    (alarm,) = await alarms(selling)
    assert (alarm.rule, alarm.cause, alarm.state, alarm.count) == ("low_stock", "A", "open", 1)
    assert alarm.detail == {"sku": "A", "channel": None, "available": 4, "warn_below": 5}
    await flushed(selling, make.reserve("r3", "A", BOTH), make.reserve("r4", "A", BOTH))
    assert figures(await alarms(selling)) == [("A", "open", 1, 2)]
    await selling.cases.acknowledge_alert(alarm.alert_id, "ann")
    await flushed(selling, make.release("r1"))
    assert figures(await alarms(selling)) == [("A", "acknowledged", 1, 3)]
    await flushed(selling, make.release("r2"), make.release("r3"))
    assert figures(await alarms(selling)) == [("A", "closed", 1, 3)]
    await flushed(selling, make.move("m", "adjust", "A", -1, PEK))
    assert figures(await alarms(selling)) == [("A", "closed", 1, 3), ("A", "open", 1, 4)]


async def test_a_channel_is_judged_by_what_it_has(selling: House) -> None:
    """What is withheld from all channels and from this one is not for it."""
    terms = [make.terms(withheld=1), make.terms("tao bao", withheld=3, warn_below=6), make.terms("jd", warn_below=6)]
    await flushed(selling, make.policy("A", terms=terms))
    assert await alarms(selling) == []
    await flushed(selling, make.reserve("r1", "A", BOTH))
    (alarm,) = await alarms(selling)
    assert alarm.cause == "A channel tao bao"
    assert alarm.detail == {"sku": "A", "channel": "tao bao", "available": 5, "warn_below": 6}
    await flushed(selling, make.reserve("r2", "A*3", BOTH))
    assert figures(await alarms(selling)) == [("A channel tao bao", "open", 1, 2), ("A channel jd", "open", 1, 5)]
    await flushed(selling, make.release("r2"))
    assert figures(await alarms(selling, "open")) == [("A channel tao bao", "open", 1, 5)]


async def test_only_warehouses_that_sell_count(selling: House) -> None:
    await selling.warehouses.put(replace(shop("ROAD"), kind=WarehouseKind.IN_TRANSIT))
    await selling.warehouses.put(replace(shop("SHUT"), enabled=False))
    await selling.warehouses.put(replace(shop("FULL"), paused=True))
    await flushed(selling, *make.stocked("A@ROAD*50 A@SHUT*50"), make.policy("A", terms=[make.terms(warn_below=11)]))
    assert figures(await alarms(selling)) == [("A", "open", 1, 10)]
    await flushed(selling, make.receive("A", 1, "FULL"))
    assert figures(await alarms(selling)) == [("A", "closed", 1, 10)]


async def test_a_deficit_in_one_warehouse_takes_nothing_from_another(selling: House) -> None:
    await flushed(
        selling, make.reserve("r1", "A*4", make.route(PEK)), make.policy("A", terms=[make.terms("", 0, 0, 0, 0, 6)])
    )
    await flushed(selling, make.move("m", "count", "A", 0, PEK, force=True))
    assert [alarm.rule for alarm in await alarms(selling)] == ["deficit"]


async def test_a_policy_alone_raises_and_closes(selling: House) -> None:
    both = [make.terms(warn_below=11), make.terms("jd", warn_below=12)]
    await flushed(selling, make.policy("A", terms=both))
    assert figures(await alarms(selling)) == [("A", "open", 1, 10), ("A channel jd", "open", 1, 10)]
    await flushed(selling, make.policy("A", terms=[make.terms(warn_below=10)]))
    assert figures(await alarms(selling, "open")) == [("A channel jd", "open", 1, 10)]
    await flushed(selling, make.policy("A", 2, warehouse=SHA))
    assert figures(await alarms(selling, "open")) == [("A channel jd", "open", 1, 8), ("A", "open", 1, 8)]
    await flushed(selling, make.policy("A", terms=[make.terms("jd", warn_below=0)]))
    assert figures(await alarms(selling, "open")) == [("A", "open", 1, 8)]
    await flushed(selling, make.policy("A", terms=[make.terms(warn_below=0)]))
    assert await alarms(selling, "open") == []


async def test_what_comes_and_goes_within_a_flush_is_no_alarm(selling: House) -> None:
    await flushed(selling, make.policy("A", terms=[make.terms(warn_below=5)]))
    await flushed(selling, make.reserve("r1", "A*8", BOTH), make.release("r1"))
    assert await alarms(selling) == []


async def test_alarms_of_a_total_are_not_those_of_a_warehouse(selling: House) -> None:
    """Whatever a warehouse is called, and another SKU that begins with the same letters."""
    for code in ("channel", "*"):
        await selling.warehouses.put(shop(code))
    terms = [make.terms(warn_below=90), make.terms("x", warn_below=90)]
    await flushed(
        selling,
        make.receive("A", 1, "*"),
        *make.stocked("A@channel*1 A!@SHA*1"),
        make.policy("A", warn_below=2, terms=terms),
    )
    await flushed(selling, make.policy("A!", terms=terms))
    causes = {"A", "A channel x", "A channel", "A *", "A!", "A! channel x"}
    assert {alarm.cause for alarm in await alarms(selling, "open")} == causes
    await flushed(selling, make.policy("A", terms=[make.terms(warn_below=0), make.terms("x", warn_below=0)]))
    left = causes - {"A", "A channel x"}
    assert {alarm.cause for alarm in await alarms(selling, "open")} == left
    await flushed(selling, make.policy("A", warn_below=0))
    assert {alarm.cause for alarm in await alarms(selling, "open")} == {"A!", "A! channel x"}


async def test_a_warning_that_is_told_behind_a_gap_is_judged(selling: House, redis: Redis) -> None:
    backup = await back_up(selling)
    await flushed(selling, make.policy("A", terms=[make.terms(warn_below=11)]))
    await flushed(selling, make.receive("B", 1))
    await let_go(selling, redis)
    await restore(selling, backup)
    await resnapshot(selling)
    assert figures(await alarms(selling)) == [("A", "open", 1, 10)]
    await selling.open()
    assert await wrong(selling) == []
    await selling.pool.execute("""UPDATE stock_skus SET thresholds = '[["", 0, 0, 0, 0, 12]]' WHERE sku = 'A'""")
    assert len(await wrong(selling)) == 1


async def test_thresholds_of_before_the_warning_never_warn(selling: House) -> None:
    """Their rows end with the pause."""
    await flushed(selling, make.policy("A", terms=[make.terms("", 1), make.terms("jd", 0, 0, 0, 7)]))
    old = """UPDATE stock_skus SET thresholds = '[["", 1, 0, 0, 0], ["jd", 0, 0, 0, 7]]' WHERE sku = 'A'"""
    await selling.pool.execute(old)
    assert await wrong(selling) == []
    await flushed(selling, make.reserve("r1", "A*8", BOTH))
    await flushed(selling, make.policy("A", 1, warehouse=SHA))
    assert await alarms(selling) == []
