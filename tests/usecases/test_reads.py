"""Reservations and alarms as people see them."""

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.usecases.alerts import Alerts
from inventory_service.usecases.ports import Alert, ReservationFilter
from inventory_service.usecases.read_reservations import ReadReservations
from tests.usecases.ports import MemoryLedger, ScriptedEngine, outcome, record


async def test_a_reservation_is_read_from_redis_else_from_the_ledger(
    engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    read = ReadReservations(engine, ledger)
    ledger.records["r"] = record("shipped")
    engine.answer = lambda _: outcome("found", record("held"))
    assert (await read.one("r")).reservation.status == "held"
    engine.answer = lambda _: outcome("absent")
    assert (await read.one("r")).reservation.status == "shipped"
    with pytest.raises(Refused) as caught:
        await read.one("nobody")
    assert caught.value.code == "not_found"
    ledger.away = True
    with pytest.raises(NotReady):
        await read.one("r")


async def test_reservations_are_listed_from_the_ledger(engine: ScriptedEngine, ledger: MemoryLedger) -> None:
    ledger.records = {"a": record("held"), "b": record("shipped")}
    page = await ReadReservations(engine, ledger).list(ReservationFilter(status="shipped"), 10, "")
    assert [stored.reservation_id for stored in page.data] == ["b"]


async def test_an_alarm_is_acknowledged(ledger: MemoryLedger) -> None:
    alerts = Alerts(ledger, ledger)
    ledger.alarms["alr_1"] = Alert("alr_1", "deficit", "A at SHA", "open", 1, {}, 1, 1, "")
    assert [alarm.alert_id for alarm in (await alerts.list("open", 10, "")).data] == ["alr_1"]
    assert (await alerts.acknowledge("alr_1", "ann")).acknowledged_by == "ann"
    with pytest.raises(Refused) as caught:
        await alerts.acknowledge("alr_9", "ann")
    assert caught.value.code == "not_found"
