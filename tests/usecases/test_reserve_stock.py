"""From a request to the kernel's command, and from its outcome to an answer."""

from typing import Any

import pytest

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import InsufficientStock, NotReady, Overloaded, RateLimited, Refused
from inventory_service.domain.outcomes import Code, ReservationOutcome, Shortage
from inventory_service.usecases.hold_limits import HoldLimits
from inventory_service.usecases.requests import AllocationWish, Destination, ReserveRequest
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.routes import Routes
from tests.usecases.ports import MemoryLedger, MemoryWarehouses, ScriptedEngine, outcome, record

LINES = (LineRequest("B", 1), LineRequest("A", 2), LineRequest("B", 3))


@pytest.fixture
def reserve(desk: ReservationDesk, routes: Routes) -> ReserveStock:
    return ReserveStock(desk, routes)


def request(lines: tuple[LineRequest, ...] = LINES, **fields: Any) -> ReserveRequest:
    return ReserveRequest("r-1", "shop", lines, **fields)


async def test_the_command_is_queued_before_anything_is_awaited(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    answer = reserve(request(ttl_seconds=60, channel="web", ship_to=Destination(lat=30.3, lon=120.2)))
    (command,) = engine.commands
    assert (command.reservation_id, command.client, command.ttl_ms) == ("r-1", "shop", 60_000)
    assert command.lines == [LineRequest("A", 2), LineRequest("B", 4)]
    assert command.route.ranked == ("SHA", "PEK")
    assert command.attributes == '{"channel":"web","ship_to":{"confidence":"coordinates","lat":30.3,"lon":120.2}}'
    result = await answer
    assert (result.code, result.reservation_id, result.reservation) == ("held", "r-1", record())


async def test_an_address_is_ranked_from_and_never_leaves_this_process(
    reserve: ReserveStock, engine: ScriptedEngine
) -> None:
    await reserve(request(ship_to=Destination(address="上海市浦东新区世纪大道100号李四收", postcode="200120")))
    (command,) = engine.commands
    assert command.route.ranked == ("SHA", "PEK")
    assert command.attributes == '{"ship_to":{"country":"CN","region":"310000","confidence":"address"}}'


async def test_limits_travel_with_the_command_and_name_nobody(
    desk: ReservationDesk, routes: Routes, engine: ScriptedEngine
) -> None:
    reserve = ReserveStock(desk, routes, HoldLimits(client_holds_per_second=100, customer_holds_per_minute=5))
    for customer in ("me@example.org", "me@example.org", "c-78", ""):
        await reserve(request(customer_id=customer))
    await reserve(request(customer_id="c-78")._replace(client="app"))
    one, same, other, anonymous, elsewhere = (command.limits for command in engine.commands)
    assert [(limit.holds, limit.period_ms) for limit in one] == [(100, 1_000), (5, 60_000)]
    assert one == same
    assert one[0] == other[0] == anonymous[0]
    assert len(anonymous) == 1
    assert len({limits[1].cell for limits in (one, other, elsewhere)}) == 3
    assert elsewhere[0] != one[0]
    assert "example" not in str([limits for command in engine.commands for limits in command.limits])


async def test_without_limits_a_command_carries_none(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    await reserve(request(customer_id="c-77"))
    assert engine.commands[0].limits == []


async def test_a_refusal_by_a_limit_says_when_to_come_again(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    engine.answer = lambda _: ReservationOutcome(Code.RATE_LIMITED, None, [], -1, 1_234)
    with pytest.raises(RateLimited) as caught:
        await reserve(request())
    assert (caught.value.code, caught.value.retry_after_ms) == ("rate_limited", 1_234)


async def test_content_is_compared_as_sent(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    sent: list[dict[str, object]] = [
        {"channel": "web"},
        {"channel": "web", "op": "reserve", "reservation_id": "r-1", "metadata": {"a": 1}, "lines": "summed instead"},
        {"channel": "web", "ttl_seconds": 900},
        {},
    ]
    for content in sent:
        await reserve(request(content=content))
    await reserve(request((LineRequest("B", 4), LineRequest("A", 2)), content=sent[0]))
    await reserve(request((LineRequest("B", 4), LineRequest("A", 3)), content=sent[0]))
    first, with_noise, with_default, without, summed, other_quantity = (each.fingerprint for each in engine.commands)
    assert first == with_noise == summed
    assert len({first, with_default, without, other_quantity}) == 4


async def test_lines_of_one_sku_must_not_pass_the_largest_quantity(
    reserve: ReserveStock, engine: ScriptedEngine
) -> None:
    answer = reserve(request((LineRequest("A", 999_999), LineRequest("B", 1), LineRequest("A", 2))))
    with pytest.raises(Refused) as caught:
        await answer
    assert (caught.value.code, caught.value.pointer) == ("validation_failed", "/lines/2/quantity")
    assert engine.commands == []


@pytest.mark.parametrize(
    ("code", "line", "expected", "pointer"),
    [
        ("unknown_sku", 1, "unknown_sku", "/lines/0/sku"),  # the command's second line is B, the caller's first
        ("unknown_sku", 0, "unknown_sku", "/lines/1/sku"),
        ("idempotency_mismatch", -1, "idempotency_mismatch", ""),
    ],
)
async def test_refusals(
    reserve: ReserveStock, engine: ScriptedEngine, code: str, line: int, expected: str, pointer: str
) -> None:
    engine.answer = lambda _: outcome(code, line=line)
    with pytest.raises(Refused) as caught:
        await reserve(request())
    assert (caught.value.code, caught.value.pointer) == (expected, pointer)


async def test_a_shortage_names_every_short_line(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    short = [Shortage("A", 2, 1, "not_enough"), Shortage("B", 4, 0, "not_served")]
    engine.answer = lambda _: ReservationOutcome(Code.INSUFFICIENT_STOCK, None, short, -1)
    with pytest.raises(InsufficientStock) as caught:
        await reserve(request())
    assert caught.value.shortages == short


async def test_suspended_holds_are_overload(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    engine.answer = lambda _: outcome("overloaded")
    with pytest.raises(Overloaded):
        await reserve(request())


async def test_a_repeat_after_the_record_left_redis_is_answered_by_the_ledger(
    reserve: ReserveStock, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    engine.answer = lambda _: outcome("remembered")
    with pytest.raises(NotReady):
        await reserve(request())
    ledger.records["r-1"] = record("expired", engine.commands[0].fingerprint)
    result = await reserve(request())
    assert (result.code, result.reservation.status, result.durability) == ("replayed", "expired", "ledger")
    with pytest.raises(Refused) as caught:
        await reserve(request(content={"channel": "other"}))
    assert caught.value.code == "idempotency_mismatch"
    ledger.away = True
    with pytest.raises(NotReady):
        await reserve(request())


async def test_a_warehouse_made_elsewhere_is_looked_up(
    reserve: ReserveStock, engine: ScriptedEngine, warehouses: MemoryWarehouses
) -> None:
    wish = AllocationWish(warehouses=("NEW", "SHA"))
    answer = reserve(request(allocation=wish))
    assert engine.commands == []
    await answer
    assert engine.commands[0].route.ranked == ("NEW", "SHA")
    await reserve(request(allocation=wish))
    assert warehouses.asked == ["NEW"]


async def test_an_unknown_warehouse_is_refused_before_the_kernel(
    reserve: ReserveStock, engine: ScriptedEngine, warehouses: MemoryWarehouses
) -> None:
    unknown = request(allocation=AllocationWish(warehouses=("SHA", "ZZZ")))
    with pytest.raises(Refused) as caught:
        await reserve(unknown)
    assert (caught.value.code, caught.value.pointer) == ("unknown_warehouse", "/allocation/warehouses/1")
    warehouses.away = True
    with pytest.raises(NotReady):
        await reserve(unknown)
    assert engine.commands == []


async def test_text_that_postgres_cannot_store_is_refused(reserve: ReserveStock, engine: ScriptedEngine) -> None:
    for fields, pointer in (({"metadata": {"a": "x\0y"}}, "/metadata"), ({"order_ref": "\0"}, "/order_ref")):
        with pytest.raises(Refused) as caught:
            await reserve(request(**fields))
        assert (caught.value.code, caught.value.pointer) == ("validation_failed", pointer)
    assert engine.commands == []
    await reserve(request(metadata={"a": "a backslash and u0000: \\u0000"}))
