"""Daily outbound capacity and moved units in the ledger: every place counted, and given back by a rebuild."""

from typing import Any

from inventory_service.domain.commands import UNBOUNDED, Shift
from inventory_service.domain.reservation import Dispatch
from inventory_service.ledger.decisions import PostgresDecisions
from tests.kernel import make
from tests.ledger.house import House, contents

PLACES = "places taken in Redis are those of the orders in the ledger"


async def day_of(house: House) -> int:
    return (await house.hot.inspect()).now_ms // 86_400_000 + 1


async def placed(house: House) -> dict[Dispatch, int]:
    """A day of orders that take places, leave them, and move; what is left of it."""
    day = await day_of(house)
    windows = {code: (Shift(2**50, day, 9),) for code in ("SHA", "PEK")} | {"CAN": (Shift(2**50, day, UNBOUNDED),)}
    both, pek = make.route("SHA", "PEK", windows=windows, basis='{"ranked": []}'), make.route("PEK", windows=windows)
    commands: list[Any] = [
        *make.stocked("A@SHA*20 A@PEK*20 A@CAN*20"),
        *(make.reserve(f"r{number}", "A*2", both) for number in range(5)),
        make.reserve("free", "A*2", make.route("CAN", windows=windows)),
        make.release("r0"),
        make.confirm("r1"),
        make.scan("s1", "r1", "A", 2),
        make.reallocate("r2", pek),
        make.short_pick("p1", "r3", "A", 1, where=both),
        make.confirm("r2"),
        make.scan("s2", "r4", "A"),
        make.release("r4"),
    ]
    codes = await house.do(*commands)
    assert codes[-8:] == [
        "released",
        "confirmed",
        "applied",
        "reallocated",
        "moved",
        "confirmed",
        "applied",
        "released",
    ]
    await house.flush()
    return {Dispatch("SHA", day): 3, Dispatch("PEK", day): 2}


async def rows_of(house: House) -> dict[Dispatch, int]:
    async with house.ledger.audit() as audit:
        return dict(await audit.places(0))


async def test_the_ledger_counts_what_redis_counts(open_house: House) -> None:
    wanted = await placed(open_house)

    assert await rows_of(open_house) == wanted
    assert {place: taken for place, taken in (await open_house.hot.places()).items() if taken} == wanted
    findings = await open_house.findings()
    assert [name for name, finding in findings.items() if not finding.ok] == []
    assert PLACES in findings


async def test_a_place_too_many_is_found(open_house: House) -> None:
    place = next(iter(await placed(open_house)))
    keys = await open_house.hot._keys()

    await open_house.hot._ask("HINCRBY", keys.capacity, f"{place.warehouse}:{place.day}", 1)

    assert [name for name, finding in (await open_house.findings()).items() if not finding.ok] == [PLACES]


async def test_a_rebuild_gives_places_back(open_house: House) -> None:
    wanted = await placed(open_house)
    before = await contents(open_house.pool)

    await open_house.hot._ask("FLUSHALL")
    await open_house.open()

    assert await open_house.hot.places() == wanted
    assert await contents(open_house.pool) == before
    [code] = await open_house.do(make.reserve("next", "A", make.route("SHA")))
    assert code == "held"


async def test_the_decision_of_a_reservation_is_its_newest(open_house: House) -> None:
    await placed(open_house)
    decisions = PostgresDecisions(open_house.pool, open_house.reader._arrival)

    held, moved, picked = [await decisions.decision(name) for name in ("r1", "r2", "r3")]

    assert held is not None
    assert moved is not None
    assert picked is not None
    assert (held.type, held.verdicts, held.units) == ("reserve", "u-", [("A", "SHA", 2)])
    assert (moved.type, moved.units) == ("reallocate", [("A", "PEK", 2)])
    assert (picked.type, picked.units) == ("short_pick", [("A", "PEK", 1)])
    assert await decisions.decision("nobody") is None


async def test_who_stands_open_in_a_warehouse_by_age(open_house: House) -> None:
    await placed(open_house)
    decisions = PostgresDecisions(open_house.pool, open_house.reader._arrival)

    first = await decisions.open_at("PEK", 1, "")
    second = await decisions.open_at("PEK", 1, first.next_cursor)

    assert (first.reservation_ids, second.reservation_ids, second.next_cursor) == (["r2"], ["r3"], "")
    assert (await decisions.open_at("SHA", 9, "")).reservation_ids == ["r3"]
