"""Alarms come with the events that cause them, once per cause, and go when the cause is gone."""

from typing import Any

from inventory_service.usecases.ports import Alert
from tests.kernel import make
from tests.ledger.house import SHA, House, forget


async def alarms(house: House, state: str = "") -> list[Alert]:
    return list((await house.reader.alerts(state, 50, "")).data)


async def flushed(house: House, *commands: Any) -> list[str]:
    codes = await house.do(*commands)
    await house.flush()
    return codes


async def test_a_deficit_names_the_orders_at_risk(open_house: House) -> None:
    await flushed(
        open_house,
        make.receive("A", 3),
        make.reserve("r1", "A*2", attributes='{"order_ref":"o-1"}'),
        make.confirm("r1"),
        make.reserve("r2", "A"),
    )
    assert await alarms(open_house) == []
    await flushed(open_house, make.move("m-1", "count", "A", 1, force=True))
    (alarm,) = await alarms(open_house, "open")
    assert (alarm.rule, alarm.cause, alarm.count) == ("deficit", "A SHA", 1)
    assert alarm.detail == {
        "sku": "A",
        "warehouse": "SHA",
        "deficit": 2,
        "orders_at_risk": [
            {"reservation_id": "r2", "order_ref": "", "status": "held", "open": 1},
            {"reservation_id": "r1", "order_ref": "o-1", "status": "confirmed", "open": 2},
        ],
    }


async def test_the_same_cause_is_one_row_until_it_is_gone(open_house: House) -> None:
    await flushed(open_house, make.receive("A", 3), make.reserve("r1", "A*2"))
    await flushed(open_house, make.move("m-1", "count", "A", 1, force=True))
    await flushed(open_house, make.move("m-2", "adjust", "A", -1, force=True))
    (alarm,) = await alarms(open_house)
    assert (alarm.count, alarm.state, alarm.detail["deficit"]) == (2, "open", 2)
    seen = await open_house.cases.acknowledge_alert(alarm.alert_id, "ann")
    assert seen is not None
    assert (seen.state, seen.acknowledged_by) == ("acknowledged", "ann")
    again = await open_house.cases.acknowledge_alert(alarm.alert_id, "bob")
    assert again is not None
    assert again.acknowledged_by == "ann"
    await flushed(open_house, make.receive("A", 1))
    (alarm,) = await alarms(open_house)
    assert (alarm.count, alarm.state, alarm.detail["deficit"]) == (2, "acknowledged", 1)
    await flushed(open_house, make.receive("A", 1))
    assert [alarm.state for alarm in await alarms(open_house)] == ["closed"]
    await flushed(open_house, make.move("m-3", "adjust", "A", -1, force=True))
    assert [(alarm.state, alarm.count) for alarm in await alarms(open_house)] == [("open", 1), ("closed", 2)]


async def test_a_deficit_that_comes_and_goes_within_a_flush_is_no_alarm(open_house: House) -> None:
    await flushed(
        open_house,
        make.receive("A", 3),
        make.reserve("r1", "A*2"),
        make.move("m-1", "count", "A", 1, force=True),
        make.receive("A", 9),
    )
    assert await alarms(open_house) == []


async def test_low_stock_is_told_below_the_threshold(open_house: House) -> None:
    await flushed(open_house, make.receive("A", 10), make.policy("A", safety_stock=1, warn_below=8))
    assert await alarms(open_house) == []
    await flushed(open_house, make.reserve("r1", "A"))
    assert await alarms(open_house) == []
    await flushed(open_house, make.reserve("r2", "A"))
    (alarm,) = await alarms(open_house, "open")
    assert (alarm.rule, alarm.cause, alarm.count) == ("low_stock", "A SHA", 1)
    assert alarm.detail == {"sku": "A", "warehouse": "SHA", "available": 7, "warn_below": 8}
    await flushed(open_house, make.reserve("r3", "A"))
    assert [(alarm.count, alarm.detail["available"]) for alarm in await alarms(open_house)] == [(1, 6)]
    await flushed(open_house, make.release("r1"), make.release("r2"))
    assert [alarm.state for alarm in await alarms(open_house)] == ["closed"]


async def test_a_policy_alone_raises_and_closes_low_stock(open_house: House) -> None:
    await flushed(open_house, make.receive("A", 10), make.receive("A", 3, "PEK"))
    await flushed(open_house, make.policy("A", warn_below=5))
    assert [alarm.cause for alarm in await alarms(open_house, "open")] == ["A PEK"]
    await flushed(open_house, make.policy("A", warn_below=20, warehouse=SHA))
    assert [alarm.cause for alarm in await alarms(open_house, "open")] == ["A SHA", "A PEK"]
    await flushed(open_house, make.policy("A", warn_below=0, warehouse="PEK"))
    assert [alarm.cause for alarm in await alarms(open_house, "open")] == ["A SHA"]


async def test_an_id_older_than_the_memory_is_told_and_written(open_house: House) -> None:
    """Redis forgets ids after the retention; the ledger never does, and never stumbles over them."""
    repeated = make.move("m-1", "receive", "A", 5)
    reserve = make.reserve("r1", "A")
    await flushed(open_house, repeated, reserve, make.release("r1"))
    entries = await open_house.entries()
    await forget(open_house)
    assert await flushed(open_house, repeated, make.again(reserve)) == ["applied", "held"]
    told = {(alarm.rule, alarm.cause): alarm.detail["id"] for alarm in await alarms(open_house, "open")}
    assert told == {
        ("duplicate_id", f"receive {repeated.digest}"): "m-1",
        ("duplicate_id", "reserve r1"): "r1",
    }
    assert (await open_house.persist._writer.append(entries)).seq == 5
    stored = await open_house.reader.reservation("r1")
    assert stored is not None
    assert stored.record.status == "held"
    assert not (await open_house.findings())["no id was forgotten within the retention"].ok
