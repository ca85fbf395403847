"""Ids older than the retention that are applied again: told, undone where they can be, and no corruption."""

from typing import Any

import pytest

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.duplicate_book import PostgresDuplicateBook
from inventory_service.usecases.compensate import Compensate
from inventory_service.usecases.ledger_ports import DuplicateState
from inventory_service.usecases.ports import Alert
from tests.kernel import make
from tests.ledger.house import PEK, RETENTION_MS, SHA, House, forget, pass_time

PREPARED = [
    make.receive("A", 100, SHA),
    make.receive("A", 100, PEK),
    make.move("p-1", "quarantine", "A", 50, SHA),
    make.move("p-2", "expect", "A", 50, SHA),
]
MONDAY = 4_000_000_000_000
MOVEMENTS = [
    make.move("m", "receive", "A", 5),
    make.move("m", "adjust", "A", -5),
    make.move("m", "count", "A", 70),
    make.move("m", "quarantine", "A", 5),
    make.move("m", "restore", "A", 5),
    make.move("m", "write_off", "A", 5),
    make.move("m", "return", "A", 5),
    make.move("m", "expect", "A", 5),
    make.move("m", "arrive", "A", 5),
    make.move("m", "cancel_expected", "A", 5),
]
OF_A_LOT = [make.move("m", kind, "A", 5, at_ms=MONDAY) for kind in ("expect", "cancel_expected", "arrive")]


@pytest.mark.parametrize("movement", MOVEMENTS + OF_A_LOT, ids=lambda movement: movement.type)
async def test_a_movement_that_came_back_is_undone(movement: Any, open_house: House) -> None:
    lots = [
        make.move(f"l-{n}", "expect", "A", 20, SHA, at_ms=MONDAY + n) for n in range(2 if movement.expected_ms else 0)
    ]
    await flushed(open_house, *PREPARED, *lots, movement, make.move("m-2", "adjust", "A", -3))
    before = await levels(open_house)
    await a_week_later(open_house)
    assert await flushed(open_house, movement) == ["applied"]
    assert await levels(open_house) != before
    await in_order(open_house)

    await compensate(open_house).run_once()
    await open_house.flush()
    assert await levels(open_house) == before
    await in_order(open_house)
    alarm = await only_alarm(open_house)
    assert (alarm.detail["id"], alarm.detail["state"]) == ("m", "compensated")
    assert "applied" in str(alarm.detail["compensation"])


async def test_a_scan_that_came_back_is_reversed(open_house: House) -> None:
    scan = make.scan("s", "r", "A", 2)
    await flushed(open_house, *PREPARED, make.reserve("r", "A*5"), make.confirm("r"), scan)
    before = await levels(open_house), await record(open_house)
    await a_week_later(open_house)
    assert await flushed(open_house, scan) == ["applied"]
    await compensate(open_house).run_once()
    await open_house.flush()
    assert (await levels(open_house), await record(open_house)) == before
    assert (await only_alarm(open_house)).detail["state"] == "compensated"
    await in_order(open_house)


async def test_a_scan_whose_reservation_has_left_redis(open_house: House) -> None:
    scan = make.scan("s", "r", "A", 2)
    await flushed(open_house, *PREPARED, make.reserve("r", "A*2"), make.confirm("r"), scan)
    before = await levels(open_house)
    stored = await open_house.reader.reservation("r")
    assert stored is not None
    await a_week_later(open_house)
    assert await flushed(open_house, scan._replace(carried=[stored.record])) == ["applied"]
    await forget(open_house)
    await compensate(open_house).run_once()
    await open_house.flush()
    assert await levels(open_house) == before
    assert [each.state for each in (await open_house.reader.exceptions("", 9, "")).data] == ["resolved"]
    await in_order(open_house)


async def test_an_answer_that_is_lost_undoes_nothing_twice(open_house: House) -> None:
    class Forgetful(PostgresDuplicateBook):
        async def settle(self, seq: int, state: DuplicateState, how: str) -> None:
            del seq, state, how
            raise NotReady("The connection broke.")

    arrived = make.move("m", "arrive", "A", 5)
    await flushed(open_house, *PREPARED, arrived)
    before = await levels(open_house)
    await a_week_later(open_house)
    await flushed(open_house, arrived)
    with pytest.raises(NotReady):
        await Compensate(open_house.engine, open_house.reader, Forgetful(open_house.pool)).run_once()
    for _ in range(2):
        await compensate(open_house).run_once()
    await open_house.flush()
    assert await levels(open_house) == before


async def test_what_cannot_be_undone_is_told(open_house: House) -> None:
    restored = make.move("m", "restore", "A", 30)
    returned = make.move("n", "return", "A", 10)
    expected = make.move("e", "expect", "A", 10)
    await flushed(open_house, *PREPARED, make.move("x", "quarantine", "A", 20), restored, returned, expected)
    await a_week_later(open_house)
    await flushed(open_house, returned, expected, make.move("y", "restore", "A", 60))
    await flushed(open_house, make.move("z", "arrive", "A", 70))
    await compensate(open_house).run_once()
    told = {alarm.detail["id"]: alarm.detail for alarm in (await open_house.reader.alerts("open", 9, "")).data}
    assert {name: detail["state"] for name, detail in told.items()} == {"n": "refused", "e": "refused"}
    assert "not_enough" in str(told["n"]["compensation"])
    assert await PostgresDuplicateBook(open_house.pool).uncompensated(9) == []


async def test_other_content_under_an_old_id_stands(open_house: House) -> None:
    """It was answered as applied, and it is no repeat."""
    await flushed(open_house, *PREPARED, make.move("m", "receive", "A", 5))
    await a_week_later(open_house)
    await flushed(open_house, make.move("m", "receive", "A", 7))
    before = await levels(open_house)
    await compensate(open_house).run_once()
    await open_house.flush()
    assert await levels(open_house) == before
    assert (await only_alarm(open_house)).detail["state"] == "stands"
    await in_order(open_house)


async def test_a_reservation_id_that_came_back_is_a_new_hold(open_house: House) -> None:
    """The caller was told 201, so the hold stands; the id began a second life, which is no corruption."""
    await flushed(open_house, *PREPARED, make.reserve("r", "A*2"), make.release("r"))
    await a_week_later(open_house)
    assert await flushed(open_house, make.reserve("r", "A*3")) == ["held"]
    await compensate(open_house).run_once()
    assert (await record(open_house)).status == "held"
    alarm = await only_alarm(open_house)
    assert (alarm.cause, alarm.detail["state"], alarm.detail["promised"]) == ("reserve r", "stands", False)
    await in_order(open_house)
    await flushed(open_house, make.confirm("r"))
    await in_order(open_house)


async def test_a_transfer_id_that_came_back_is_told_at_once(open_house: House) -> None:
    """The goods were booked out a second time, and nobody heard of it before they had arrived a second time."""
    sent = make.transfer("t", "A*5", ships=True)
    await flushed(open_house, *PREPARED, sent, make.receive_transfer("t", "got", "A*5"))
    await a_week_later(open_house)
    assert await flushed(open_house, sent) == ["applied"]
    alarm = await only_alarm(open_house)
    assert (alarm.cause, alarm.detail["state"], alarm.detail["promised"]) == ("transfer_ship t", "stands", False)
    await in_order(open_house)
    await flushed(open_house, make.receive_transfer("t", "got", "A*5"))
    assert [each.cause for each in (await open_house.reader.alerts("open", 9, "")).data][1:] == ["transfer_ship t"]
    await in_order(open_house)


async def test_a_scan_parked_again_is_not_applied_twice(open_house: House) -> None:
    parked = make.park("s", "unknown_reservation", '{"reservation_id":"late"}')
    await flushed(open_house, *PREPARED, parked)
    await a_week_later(open_house)
    assert await flushed(open_house, parked) == ["parked"]
    states = {each.state: each.resolution for each in (await open_house.reader.exceptions("", 9, "")).data}
    assert states == {"open": "", "resolved": "dismissed"}
    assert (await only_alarm(open_house)).detail["state"] == "compensated"


async def test_an_id_forgotten_too_early_is_corruption(open_house: House) -> None:
    moved, held = make.move("m", "receive", "A", 5), make.reserve("r", "A*2")
    await flushed(open_house, *PREPARED, moved, held, make.release("r"))
    await forget(open_house)
    await pass_time(open_house, RETENTION_MS - 60_000)
    assert await flushed(open_house, moved, make.again(held)) == ["applied", "held"]
    failed = {name for name, finding in (await open_house.findings()).items() if not finding.ok}
    assert failed == {"no id was forgotten within the retention", "every hold is resolved once"}


def compensate(house: House) -> Compensate:
    return Compensate(house.engine, house.reader, PostgresDuplicateBook(house.pool))


async def flushed(house: House, *commands: Any) -> list[str]:
    codes = await house.do(*commands)
    await house.flush()
    return codes


async def a_week_later(house: House) -> None:
    await forget(house)
    await pass_time(house, RETENTION_MS)


async def levels(house: House) -> list[Any]:
    """As the kernel has them, without the time of the newest count."""
    stock = (await house.ask(make.look("A"))).stock
    return [level._replace(counted_ms=0) for level in stock.levels]


async def record(house: House) -> Any:
    """What the scan and its reversal leave: all but their numbers."""
    stored = await house.reader.reservation("r")
    assert stored is not None
    return stored.record._replace(changed_seq=0)


async def only_alarm(house: House) -> Alert:
    (alarm,) = [each for each in (await house.reader.alerts("open", 9, "")).data if each.rule == "duplicate_id"]
    return alarm


async def in_order(house: House) -> None:
    assert {name for name, finding in (await house.findings()).items() if not finding.ok} == set()
