"""Transfers: what reaches the use case, what callers see, what is refused."""

from typing import Any

import pytest

from inventory_service.domain.commands import LineRequest, ReceivedLine
from inventory_service.usecases.transfer_ports import TransferFilter
from inventory_service.web import examples
from tests.web.fakes import UseCases
from tests.web.running import Web

PATH = "/v1/stock/transfers"


async def test_open(web: Web, cases: UseCases) -> None:
    answer = await web.post(PATH, examples.TRANSFER_NEW | {"ship": True})
    assert (answer.status, answer.body["transfer_id"], answer.body["durability"]) == (201, "t1", "disk")
    assert answer.body["lines"] == [
        {
            "sku": "A", "quantity": 5, "shipped": 5, "received": 2, "damaged": 1, "lost": 0, "outstanding": 3,
            "discrepancy": 0,
        }
    ]  # fmt: skip
    ((_, client, request),) = cases.asked
    assert (client, request.origin, request.destination, request.ships) == ("root", "SHA", "PEK", True)
    assert (request.lines, request.expected_ms) == ([LineRequest("TEE-RED-M", 40)], 1_795_132_800_000)


async def test_the_steps(web: Web, cases: UseCases) -> None:
    shipped = await web.post(f"{PATH}/t1/ship", {"lines": [{"sku": "A", "quantity": 4}]})
    assert (shipped.status, shipped.headers["Idempotent-Replayed"]) == (200, "true")
    await web.post(f"{PATH}/t1/receive", examples.RECEIPT)
    await web.call("POST", f"{PATH}/t1/cancel")
    (_, _, _, lines, force), (_, _, _, receipt), (_, *cancelled) = cases.asked
    assert (lines, force, cancelled) == ([LineRequest("A", 4)], False, ["root", "t1"])
    assert (receipt.receipt_id, receipt.lines, receipt.close) == (
        "dock-7-1", [ReceivedLine("TEE-RED-M", 36, 1)], True
    )  # fmt: skip


async def test_looking(web: Web, cases: UseCases) -> None:
    assert (await web.get(f"{PATH}/t1")).body["state"] == "in_transit"
    page = (await web.get(f"{PATH}?state=in_transit&from=SHA&to=PEK&sku=A&limit=7")).body
    assert ([each["transfer_id"] for each in page["data"]], page["next_cursor"]) == (["t1"], "next.1")
    assert cases.asked[1] == ("list", TransferFilter("in_transit", "SHA", "PEK", "A"), 7, "")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"transfer_id": "a b"}, "/transfer_id"),
        ({"from": ""}, "/from"),
        ({"to": 1}, "/to"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"sku": "A", "quantity": 0}]}, "/lines/0/quantity"),
        ({"expected_at": "tomorrow"}, "/expected_at"),
        ({"expected_at": "0711-12-10T17:23:20Z"}, "/expected_at"),
        ({"expected_at": "1970-01-01T00:00:00Z"}, "/expected_at"),
        ({"ship": "yes"}, "/ship"),
        ({"origin": "SHA"}, "/origin"),
    ],
)
async def test_a_wrong_transfer(web: Web, cases: UseCases, change: dict[str, Any], pointer: str) -> None:
    (await web.post(PATH, examples.TRANSFER_NEW | change)).problem("validation_failed", pointer)
    assert not cases.asked


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"receipt_id": None}, "/receipt_id"),
        ({"lines": [{"sku": "A", "quantity": 1, "damaged": -1}]}, "/lines/0/damaged"),
        ({"lines": [{"sku": "A", "quantity": True}]}, "/lines/0/quantity"),
        ({"close": 1}, "/close"),
    ],
)
async def test_a_wrong_receipt(web: Web, cases: UseCases, change: dict[str, Any], pointer: str) -> None:
    (await web.post(f"{PATH}/t1/receive", examples.RECEIPT | change)).problem("validation_failed", pointer)
    assert not cases.asked
