"""Scan exceptions and alarms."""

from typing import Any

import pytest

from inventory_service.domain.errors import Refused
from tests.web.fakes import UseCases, scan_exception
from tests.web.running import Web


async def test_list_exceptions(web: Web, cases: UseCases) -> None:
    (exception,) = (await web.get("/v1/wms/exceptions?state=open&limit=2")).body["data"]
    assert (exception["exception_id"], exception["kind"], exception["code"]) == ("exc_1", "parked", "unknown_sku")
    assert exception["scan"] == {"scan_id": "s"}
    assert (exception["reservation_id"], exception["resolution"], exception["resolved_at"]) == (None, None, None)
    assert cases.asked == [("list", "open", 2, "")]
    await web.get("/v1/wms/exceptions")
    assert cases.asked[1] == ("list", "", 50, "")


@pytest.mark.parametrize("payload", ["", "{", "5", '"x"', "[" * 3000])
async def test_a_payload_of_any_kind_can_be_shown(payload: str) -> None:
    from inventory_service.web.handlers.cases import _exception

    assert _exception(scan_exception(payload)).scan is not None


async def test_resolve(web: Web, cases: UseCases) -> None:
    answer = await web.post("/v1/wms/exceptions/exc_1/resolve", {"action": "apply", "note": "n", "reservation_id": "r"})
    assert answer.status == 200
    assert cases.asked == [("resolve", "exc_1", "apply", "r", "n", "root")]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"note": "n"}, "/action"),
        ({"action": "burn", "note": "n"}, "/action"),
        ({"action": "apply"}, "/note"),
        ({"action": "apply", "note": ""}, "/note"),
        ({"action": "apply", "note": "x" * 1001}, "/note"),
        ({"action": "apply", "note": "a\x00"}, "/note"),
        ({"action": "apply", "note": "n", "reservation_id": ""}, "/reservation_id"),
        ({"action": "apply", "note": "n", "by": "me"}, "/by"),
    ],
)
async def test_a_wrong_resolution(web: Web, cases: UseCases, body: dict[str, Any], pointer: str) -> None:
    (await web.post("/v1/wms/exceptions/exc_1/resolve", body)).problem("validation_failed", pointer)
    assert not cases.asked


async def test_alerts(web: Web, cases: UseCases) -> None:
    (alert,) = (await web.get("/v1/alerts?state=open")).body["data"]
    assert (alert["alert_id"], alert["count"], alert["detail"]) == ("alr_1", 2, {"deficit": 3})
    bodies: list[dict[str, Any] | None] = [None, {}]
    for body in bodies:
        assert (await web.post("/v1/alerts/alr_1/acknowledge", body)).body["alert_id"] == "alr_1"
    assert cases.asked[1:] == [("acknowledge", "alr_1", "root")] * 2
    (await web.post("/v1/alerts/alr_1/acknowledge", {"x": 1})).problem("validation_failed", "/x")
    (await web.get("/v1/alerts?state=shut")).problem("validation_failed", "/state")
    cases.error = Refused("not_found", "There is no alert.")
    (await web.post("/v1/alerts/nope/acknowledge")).problem("not_found")
