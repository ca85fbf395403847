"""What happens when the kernel's first answer is not the end of it, and the order of calls made in one go."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from inventory_service.domain.commands import Confirm, Extend, LineRequest, Release, Reserve
from inventory_service.domain.errors import InsufficientStock, NotReady, Refused
from inventory_service.domain.outcomes import ReservationOutcome
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.confirm_reservation import ConfirmReservation
from inventory_service.usecases.extend_reservation import ExtendReservation
from inventory_service.usecases.release_reservation import ReleaseReservation
from inventory_service.usecases.requests import AllocationWish, ReserveRequest
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.routes import NO_ROUTE, Routes
from tests.usecases.conftest import BEIJING, SHANGHAI
from tests.usecases.ports import MemoryLedger, MemoryWarehouses, ScriptedEngine, outcome, record

BEIJING_ONLY = '{"ship_to":{"region":"110000"},"allocation":{"warehouses":["PEK","GONE"],"max_splits":3}}'


class TinyKernel:
    """One reservation: enough rules to tell whether commands came in the right order."""

    def __init__(self, held: Reservation | None) -> None:
        self.record = held
        self.done: dict[str, str] = {}

    def __call__(self, command: Any) -> ReservationOutcome:
        if isinstance(command, Reserve):
            code = "replayed" if self.record else "held"
            self.record = self.record or record()
            return outcome(code, self.record)
        if self.record is None and command.carried:
            self.record = command.carried[0]
        if self.record is None:
            return outcome("absent")
        if command.op_id in self.done:
            return outcome(self.done[command.op_id], self.record)
        return self.change(command, self.record.status)

    def change(self, command: Confirm | Extend | Release, status: str) -> ReservationOutcome:
        if isinstance(command, Release):
            if status in ("released", "expired"):
                return outcome("replayed", self.record)
            return self.become("released", "released", command.op_id)
        if status == "expired" and not command.route.ranked:
            return outcome("reservation_expired" if isinstance(command, Confirm) else "not_held", self.record)
        code = "reacquired" if status == "expired" else "confirmed" if isinstance(command, Confirm) else "extended"
        return self.become("confirmed" if isinstance(command, Confirm) else "held", code, command.op_id)

    def become(self, status: str, code: str, op_id: str) -> ReservationOutcome:
        assert self.record is not None
        self.record, self.done[op_id] = self.record._replace(status=status), code
        return outcome(code, self.record)


def tell(engine: ScriptedEngine, held: Reservation | None) -> TinyKernel:
    engine.answer = kernel = TinyKernel(held)
    return kernel


def sent(engine: ScriptedEngine) -> list[str]:
    return [type(command).__name__ for command in engine.commands]


async def test_a_finished_reservation_is_carried_from_the_ledger(
    engine: ScriptedEngine, ledger: MemoryLedger, desk: ReservationDesk
) -> None:
    ledger.records["r"] = record("expired")
    for call in (
        ReleaseReservation(desk)("r", "shop", (), "", "op-1"),
        ReleaseReservation(desk)("r", "shop", [LineRequest("A", 1)], "rel", "op-2"),
    ):
        tell(engine, None)
        result = await call
        assert (result.code, result.reservation.status) == ("replayed", "expired")
        assert engine.commands[-1].carried == [record("expired")]


async def test_who_knows_it_decides_between_not_found_and_not_ready(
    engine: ScriptedEngine, ledger: MemoryLedger, desk: ReservationDesk
) -> None:
    engine.answer = lambda _: outcome("absent")
    with pytest.raises(Refused) as caught:
        await ConfirmReservation(desk)("r", "shop", False, "op")
    assert caught.value.code == "not_found"
    ledger.away = True
    with pytest.raises(NotReady):
        await ConfirmReservation(desk)("r", "shop", False, "op")


@pytest.mark.parametrize("in_redis", [True, False])
@pytest.mark.parametrize("verb", ["confirm", "extend"])
async def test_an_expired_one_is_taken_again_where_its_record_says(
    engine: ScriptedEngine, ledger: MemoryLedger, desk: ReservationDesk, verb: str, in_redis: bool
) -> None:
    expired = record("expired", attributes=BEIJING_ONLY)
    tell(engine, expired if in_redis else None)
    ledger.records["r"] = expired
    if verb == "confirm":
        result = await ConfirmReservation(desk)("r", "shop", True, "op")
    else:
        result = await ExtendReservation(desk)("r", "shop", 60, True, "op")
    assert (result.code, result.reservation.status) == ("reacquired", "confirmed" if verb == "confirm" else "held")
    first, last = engine.commands[0], engine.commands[-1]
    assert (first.route, last.route.ranked, last.route.max_splits) == (NO_ROUTE, ("PEK",), 3)
    assert len(engine.commands) == (2 if in_redis else 3)
    assert {command.op_id for command in engine.commands} == {"op"}


@pytest.mark.parametrize(("verb", "code"), [("confirm", "reservation_expired"), ("extend", "not_held")])
async def test_nothing_is_taken_again_unasked(
    engine: ScriptedEngine, desk: ReservationDesk, verb: str, code: str
) -> None:
    tell(engine, record("expired"))
    call = (
        ConfirmReservation(desk)("r", "shop", False, "op")
        if verb == "confirm"
        else ExtendReservation(desk)("r", "shop", 60, False, "op")
    )
    with pytest.raises(Refused) as caught:
        await call
    assert (caught.value.code, len(engine.commands)) == (code, 1)


async def test_a_confirmed_one_is_not_extended_by_taking_it_again(
    engine: ScriptedEngine, desk: ReservationDesk
) -> None:
    engine.answer = lambda _: outcome("not_held", record("confirmed"))
    with pytest.raises(Refused) as caught:
        await ExtendReservation(desk)("r", "shop", 60, True, "op")
    assert (caught.value.code, len(engine.commands)) == ("not_held", 1)


async def test_without_any_warehouse_to_take_it_from_it_is_a_shortage(
    engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    closed = MemoryWarehouses(replace(SHANGHAI, enabled=False), replace(BEIJING, serves=("110000",)))
    tell(engine, record("expired", attributes='{"ship_to":{"region":"310000"}}'))
    with pytest.raises(InsufficientStock) as caught:
        await ConfirmReservation(ReservationDesk(engine, ledger, Routes(closed)))("r", "shop", True, "op")
    (shortage,) = caught.value.shortages
    assert shortage == ("A", 2, 0, "not_served")


async def test_a_part_needs_its_release_id(engine: ScriptedEngine, desk: ReservationDesk) -> None:
    with pytest.raises(Refused) as caught:
        await ReleaseReservation(desk)("r", "shop", [LineRequest("A", 1)], "", "op")
    assert (caught.value.code, caught.value.pointer, engine.commands) == ("validation_failed", "/release_id", [])


async def test_a_release_of_more_than_is_open_points_at_the_callers_line(
    engine: ScriptedEngine, desk: ReservationDesk
) -> None:
    engine.answer = lambda _: outcome("release_exceeds_open", record(), 0)
    with pytest.raises(Refused) as caught:
        await ReleaseReservation(desk)("r", "shop", [LineRequest("B", 1), LineRequest("A", 9)], "rel", "op")
    assert (caught.value.code, caught.value.pointer) == ("validation_failed", "/lines/1/quantity")


async def test_a_batch_is_queued_whole_before_any_answer(engine: ScriptedEngine, desk: ReservationDesk) -> None:
    tell(engine, record())
    calls = [
        ExtendReservation(desk)("r", "shop", 60, False, "op-1"),
        ConfirmReservation(desk)("r", "shop", False, "op-2"),
        ReleaseReservation(desk)("r", "shop", (), "", "op-3"),
    ]
    assert sent(engine) == ["Extend", "Confirm", "Release"]
    assert [(await call).code for call in calls] == ["extended", "confirmed", "released"]
    assert len(engine.commands) == 3


@pytest.mark.parametrize("together", [True, False])
async def test_later_calls_see_one_that_was_sent_again(
    engine: ScriptedEngine, desk: ReservationDesk, together: bool
) -> None:
    kernel = tell(engine, record("expired"))
    calls = [
        ConfirmReservation(desk)("r", "shop", True, "op-1"),
        ReleaseReservation(desk)("r", "shop", (), "", "op-2"),
        ReleaseReservation(desk)("r", "shop", (), "", "op-3"),
    ]
    results = await asyncio.gather(*calls) if together else [await call for call in calls]
    assert [result.code for result in results] == ["reacquired", "released", "replayed"]
    assert kernel.record is not None
    assert kernel.record.status == "released"


@pytest.mark.parametrize("together", [True, False])
async def test_later_calls_wait_for_one_that_had_to_ask_first(
    engine: ScriptedEngine, desk: ReservationDesk, routes: Routes, together: bool
) -> None:
    tell(engine, None)
    first = ReserveRequest("r", "shop", (LineRequest("A", 2),), allocation=AllocationWish(warehouses=("NEW",)))
    calls = [
        ReserveStock(desk, routes)(first),
        ReserveStock(desk, routes)(first._replace(allocation=AllocationWish())),
        ConfirmReservation(desk)("r", "shop", False, "op-2"),
    ]
    assert engine.commands == []
    results = await asyncio.gather(*calls) if together else [await call for call in calls]
    assert [result.code for result in results] == ["held", "replayed", "confirmed"]
    assert sent(engine) == ["Reserve", "Reserve", "Confirm"]
    assert engine.commands[0].route.ranked == ("NEW",)


async def test_a_refused_first_call_does_not_hold_up_the_next(
    engine: ScriptedEngine, desk: ReservationDesk, routes: Routes
) -> None:
    tell(engine, record())
    unknown = ReserveRequest("r", "shop", (LineRequest("A", 2),), allocation=AllocationWish(warehouses=("ZZZ",)))
    calls = [ReserveStock(desk, routes)(unknown), ConfirmReservation(desk)("r", "shop", False, "op-2")]
    refused, confirmed = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(refused, Refused)
    assert not isinstance(confirmed, BaseException)
    assert confirmed.code == "confirmed"


async def test_calls_of_different_goes_do_not_wait_for_each_other(
    engine: ScriptedEngine, desk: ReservationDesk, routes: Routes, warehouses: MemoryWarehouses
) -> None:
    tell(engine, record())
    abandoned = ReserveStock(desk, routes)(
        ReserveRequest("r", "shop", (LineRequest("A", 2),), allocation=AllocationWish(warehouses=("NEW",)))
    )
    await asyncio.sleep(0)
    assert (await ConfirmReservation(desk)("r", "shop", False, "op")).code == "confirmed"
    abandoned.close()
    assert warehouses.asked == []


async def test_routes_are_remembered_until_a_warehouse_changes(routes: Routes, warehouses: MemoryWarehouses) -> None:
    first = routes.find(None, AllocationWish())
    assert routes.find(None, AllocationWish()) is first
    await warehouses.put(SHANGHAI)  # read again, nothing new
    assert routes.find(None, AllocationWish()) is first
    await warehouses.put(Warehouse("AAA", "New"))
    after = routes.find(None, AllocationWish())
    assert after is not None
    assert after.ranked == ("AAA", "PEK", "SHA")
