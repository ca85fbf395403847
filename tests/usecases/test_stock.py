"""Looking at stock, moving it, and its policy."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from inventory_service.domain.commands import Movement
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Refused
from inventory_service.domain.outcomes import MovementOutcome, StockOutcome
from inventory_service.domain.stock import UNSET
from inventory_service.domain.warehouse import Outbound, Warehouse, WarehouseKind
from inventory_service.usecases.manage_warehouses import ManageWarehouses
from inventory_service.usecases.move_stock import MoveStock
from inventory_service.usecases.ports import StockEvent, StockFilter, StoredStock
from inventory_service.usecases.read_stock import ReadStock, StockViews
from inventory_service.usecases.requests import MovementRequest
from inventory_service.usecases.set_policy import PolicyWish, SetPolicy
from tests.usecases.conftest import BEIJING
from tests.usecases.ports import MemoryLedger, MemoryWarehouses, ScriptedEngine, level, stock


@pytest.fixture
def views(warehouses: MemoryWarehouses) -> StockViews:
    return StockViews(warehouses, now_ms=lambda: 1_000)


@pytest.fixture
def read(engine: ScriptedEngine, ledger: MemoryLedger, views: StockViews) -> ReadStock:
    return ReadStock(engine, ledger, views)


@pytest.fixture
def move(engine: ScriptedEngine, warehouses: MemoryWarehouses, views: StockViews) -> MoveStock:
    return MoveStock(engine, warehouses, views)


@pytest.fixture
def set_policy(engine: ScriptedEngine, warehouses: MemoryWarehouses, views: StockViews) -> SetPolicy:
    return SetPolicy(engine, warehouses, views)


def movement(movement_id: str, **fields: Any) -> MovementRequest:
    sent: dict[str, Any] = {"type": "receive", "sku": "A", "warehouse": "SHA", "quantity": 5, **fields}
    return MovementRequest(movement_id, **sent, content=sent)


async def test_a_total_is_the_sum_of_the_warehouses(read: ReadStock, engine: ScriptedEngine) -> None:
    levels = [level("SHA", 10, held=4), level("PEK", 3, held=1, safety_stock=0), level("NEW", 1, held=3)]
    engine.answer = lambda _: StockOutcome("found", stock(*levels, safety_stock=2))
    view = await read.one("A")
    assert [(each.warehouse, each.safety_stock, each.available, each.deficit) for each in view.warehouses] == [
        ("NEW", 2, 0, 2), ("PEK", 0, 2, 0), ("SHA", 2, 4, 0),
    ]  # fmt: skip
    assert (view.on_hand, view.held, view.safety_stock, view.available, view.deficit) == (14, 8, 4, 6, 2)
    assert (view.sku, view.warn_below, view.as_of_ms) == ("A", 3, 1_000)


async def test_what_does_not_sell_has_nothing_available(
    read: ReadStock, engine: ScriptedEngine, warehouses: MemoryWarehouses
) -> None:
    engine.answer = lambda _: StockOutcome("found", stock(level("SHA", 5), level("PEK", 5), level("SEA", 5)))
    await warehouses.put(replace(BEIJING, enabled=False))
    await warehouses.put(Warehouse("SEA", "", kind=WarehouseKind.IN_TRANSIT))
    view = await read.one("A")
    assert (view.on_hand, [each.available for each in view.warehouses]) == (15, [0, 0, 5])


async def test_a_warehouse_made_elsewhere_is_learnt_before_it_is_shown(
    read: ReadStock, engine: ScriptedEngine, warehouses: MemoryWarehouses
) -> None:
    engine.answer = lambda _: StockOutcome("found", stock(level("NEW", 5)))
    warehouses.away = True
    with pytest.raises(NotReady):
        await read.one("A")
    warehouses.away = False
    assert (await read.one("A")).available == 5


async def test_an_unknown_sku_is_refused(read: ReadStock, engine: ScriptedEngine, ledger: MemoryLedger) -> None:
    engine.answer = lambda _: StockOutcome("unknown_sku", None)
    with pytest.raises(Refused) as caught:
        await read.one("A")
    assert caught.value.code == "unknown_sku"
    with pytest.raises(Refused):
        await read.events("A", "", 10, "")
    ledger.stocks["A"] = StoredStock("A", 0, 0, [], 7)
    assert (await read.events("A", "", 10, "")).data == []
    ledger.events = [StockEvent("evt_1", 7, "receive", "A", "SHA", 5, {}, {}, "", "", "", "wms")]
    assert [event.event_id for event in (await read.events("A", "SHA", 10, "")).data] == ["evt_1"]


async def test_a_list_shows_the_warehouse_that_was_asked_for(read: ReadStock, ledger: MemoryLedger) -> None:
    ledger.stocks["A"] = StoredStock("A", 1, 0, [level("SHA", 5), level("PEK", 3)], 7)
    (view,) = (await read.list(StockFilter(), 10, "")).data
    assert (view.on_hand, view.available, view.as_of_ms) == (8, 6, 7)
    (view,) = (await read.list(StockFilter(warehouse="PEK"), 10, "")).data
    assert (view.on_hand, [each.warehouse for each in view.warehouses]) == (3, ["PEK"])


async def test_movements_go_in_order_and_each_is_judged_on_its_own(move: MoveStock, engine: ScriptedEngine) -> None:
    codes = {"m-1": "applied", "m-4": "stale_count", "m-5": "duplicate", "m-6": "would_break_commitments"}
    engine.answer = lambda command: MovementOutcome(codes.get(command.movement_id, "applied"), stock(level("SHA", 5)))
    results = await move(
        "wms",
        [
            movement("m-1", reason="delivery"),
            movement("m-2", warehouse="ZZZ"),
            movement("m-3", quantity=-1),
            movement("m-4", type="count", quantity=0, expected_on_hand=3),
            movement("m-5", warehouse="NEW"),
            movement("m-6", type="adjust", quantity=-1, force=False),
            movement("m-7", sku="transfers"),
        ],
    )
    assert [(result.movement_id, result.result, result.code, result.pointer) for result in results] == [
        ("m-1", "applied", "", ""),
        ("m-2", "rejected", "unknown_warehouse", "/warehouse"),
        ("m-3", "rejected", "validation_failed", "/quantity"),
        ("m-4", "rejected", "stale_count", "/expected_on_hand"),
        ("m-5", "duplicate", "", ""),
        ("m-6", "rejected", "would_break_commitments", "/quantity"),
        ("m-7", "rejected", "validation_failed", "/sku"),
    ]
    assert results[0].stock is not None
    assert (results[0].stock.on_hand, results[1].stock) == (5, None)
    assert [command.movement_id for command in engine.commands] == ["m-1", "m-4", "m-5", "m-6"]
    first, count = engine.commands[:2]
    assert isinstance(first, Movement)
    assert (first.client, first.reason, first.expected_on_hand, count.expected_on_hand) == ("wms", "delivery", [], [3])


async def test_a_movement_is_known_by_client_id_and_content(move: MoveStock, engine: ScriptedEngine) -> None:
    engine.answer = lambda _: MovementOutcome("applied", None)
    await move("wms", [movement("m-1"), movement("m-1", quantity=6)])
    await move("other", [movement("m-1")])
    first, changed, foreign = engine.commands
    assert first.digest == changed.digest != foreign.digest
    assert first.fingerprint == foreign.fingerprint != changed.fingerprint


@pytest.mark.parametrize(("failing", "error"), [({"m-1", "m-2"}, NotReady), ({"m-2"}, OutcomeUnknown)])
async def test_an_error_means_nothing_happened_or_says_so(
    move: MoveStock, engine: ScriptedEngine, failing: set[str], error: type[Exception]
) -> None:
    engine.answer = lambda each: NotReady("gate") if each.movement_id in failing else MovementOutcome("applied", None)
    with pytest.raises(error):
        await move("wms", [movement("m-1"), movement("m-2")])


async def test_what_was_done_is_told_even_if_a_warehouse_cannot_be_looked_up(
    move: MoveStock, set_policy: SetPolicy, engine: ScriptedEngine, warehouses: MemoryWarehouses
) -> None:
    warehouses.away = True
    engine.answer = lambda _: MovementOutcome("applied", stock(level("SHA", 5), level("NEW", 5)))
    assert [result.result for result in await move("wms", [movement("m-1")])] == ["applied"]
    assert (await set_policy("ann", "A", PolicyWish(safety_stock=1))).available == 5
    with pytest.raises(NotReady):
        await move("wms", [movement("m-1"), movement("m-2", warehouse="NEW")])
    assert len(engine.commands) == 2


async def test_a_policy_leaves_alone_what_is_not_given(set_policy: SetPolicy, engine: ScriptedEngine) -> None:
    engine.answer = lambda _: StockOutcome("applied", stock(level("SHA", 5), safety_stock=2))
    view = await set_policy("ann", "A", PolicyWish("SHA", safety_stock=0))
    (command,) = engine.commands
    assert (command.sku, command.warehouse, command.safety_stock, command.warn_below) == ("A", "SHA", 0, UNSET)
    assert (command.client, view.available) == ("ann", 3)


async def test_a_policy_needs_its_sku_and_its_warehouse(set_policy: SetPolicy, engine: ScriptedEngine) -> None:
    with pytest.raises(Refused) as caught:
        await set_policy("ann", "A", PolicyWish("ZZZ", 1, 1))
    assert (caught.value.code, caught.value.pointer, engine.commands) == ("unknown_warehouse", "/warehouse", [])
    engine.answer = lambda _: StockOutcome("unknown_sku", None)
    with pytest.raises(Refused) as caught:
        await set_policy("ann", "A", PolicyWish("NEW", 1, 1))
    assert caught.value.code == "unknown_sku"


@pytest.mark.parametrize(
    ("outbound", "pointer"),
    [
        (Outbound(cut_off="16:00"), "/outbound/cut_off"),
        (Outbound(working_days=(1,)), "/outbound/working_days"),
        (Outbound(closed_dates=((date(2027, 2, 6), date(2027, 2, 6)),)), "/outbound/closed_dates"),
        (Outbound(daily_capacity=1), "/outbound/daily_capacity"),
        (Outbound("Asia/Atlantis"), "/outbound/time_zone"),
        (Outbound("UTC", closed_dates=((date(2027, 2, 6), date(2027, 2, 5)),)), "/outbound/closed_dates/0/to"),
    ],
)
async def test_a_contradiction_is_not_put(outbound: Outbound, pointer: str, warehouses: MemoryWarehouses) -> None:
    with pytest.raises(Refused) as caught:
        await ManageWarehouses(warehouses).put(Warehouse("CAN", "Guangzhou", outbound=outbound))
    assert (caught.value.code, caught.value.pointer) == ("validation_failed", pointer)
    assert "CAN" not in warehouses.all()


async def test_warehouses_are_listed_by_code(warehouses: MemoryWarehouses) -> None:
    manage = ManageWarehouses(warehouses)
    assert await manage.put(Warehouse("CAN", "Guangzhou")) == Warehouse("CAN", "Guangzhou")
    first = await manage.list(2, "")
    assert [each.code for each in first.data] == ["CAN", "PEK"]
    last = await manage.list(2, first.next_cursor)
    assert ([each.code for each in last.data], last.next_cursor) == (["SHA"], "")
    for cursor in ("PEK", "garbage", "%%%", "é", "\0", "x" * 3000, first.next_cursor[:6]):
        with pytest.raises(Refused) as caught:
            await manage.list(2, cursor)
        assert (caught.value.code, caught.value.pointer) == ("validation_failed", "/cursor")
