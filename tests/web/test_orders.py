"""Orders of channels: what reaches the use cases, what callers see, what is refused."""

from typing import Any

import pytest

from inventory_service.domain.errors import NotReady
from inventory_service.domain.orders.stock_side import Part
from inventory_service.usecases.orders.ports import OrderFilter, SkuCode
from inventory_service.web import order_examples
from tests.web.fake_orders import ORDER_NO
from tests.web.fakes import UseCases
from tests.web.running import Web

PATH = "/v1/orders"


async def test_a_list_with_every_filter(web: Web, cases: UseCases) -> None:
    query = "channel=generic&shop=s&payment=paid&fulfilment=open&channel_order_id=7&case=oversold&sku=A&limit=7"
    page = (await web.get(f"{PATH}?{query}&cursor=c.1")).body
    assert ([each["order_no"] for each in page["data"]], page["next_cursor"]) == ([ORDER_NO], "next.1")
    (_, wanted, limit, cursor, client) = cases.asked[0]
    assert wanted == OrderFilter("generic", "s", "paid", "open", "7", "oversold", "A")
    assert (limit, cursor, client.name) == (7, "c.1", "root")


async def test_one_with_its_history(web: Web, cases: UseCases) -> None:
    body = (await web.get(f"{PATH}/{ORDER_NO}")).body
    assert (body["reservation_id"], body["receiver"]["phone"]) == (f"{ORDER_NO}.1", "138****8888")
    assert body["case"] == {"code": "oversold", "detail": {"missing": [{"sku": "A"}]}}
    assert body["presale"] == {"stage": "final_paid", "paid_minor": 900, "final_payment_by": None}
    assert (body["lines"][0]["refunded"], body["amounts"]["discount_minor"]) == (1, None)
    assert [entry["kind"] for entry in body["history"]] == ["arrived"]
    assert cases.asked[0][1] == ORDER_NO


async def test_failures(web: Web, cases: UseCases) -> None:
    (each,) = (await web.get(f"{PATH}/failures?state=open")).body["data"]
    assert (each["field"], each["path"], each["attempts"]) == ("order.payment", "payment", 3)
    answer = await web.post(f"{PATH}/failures/fail_1/retry", {})
    assert answer.body == {"result": "new", "order_no": ORDER_NO}
    assert cases.asked == [("failures", "open", 50, ""), ("retry", "fail_1")]


async def test_sku_codes(web: Web, cases: UseCases) -> None:
    await web.get(f"{PATH}/sku-codes?state=unmapped&channel=generic&shop=s")
    answer = await web.call("PUT", f"{PATH}/sku-codes", order_examples.SKU_CODE | {"shop": "s"})
    assert answer.body["parts"] == [{"sku": "A", "quantity": 2}]
    code = SkuCode("generic", "s", "SET-1", [Part("TEE-RED-M", 2), Part("MUG-BLUE", 1)])
    assert cases.asked == [("sku_codes", "generic", "s", True, 50, ""), ("put_sku_code", code, "root")]


async def test_erase(web: Web, cases: UseCases) -> None:
    answer = await web.post(f"{PATH}/erase", order_examples.ERASE)
    assert answer.body == {"orders": 2, "failures": 1}
    assert cases.asked == [("erase", "generic", "buyer-7", "root")]


async def test_without_sealing_keys(web: Web, cases: UseCases) -> None:
    cases.error = NotReady("set INVENTORY_SEALING_KEYS")
    assert (await web.get(PATH)).problem("not_ready")["detail"] == "set INVENTORY_SEALING_KEYS"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"channel": ""}, "/channel"),
        ({"code": None}, "/code"),
        ({"parts": []}, "/parts"),
        ({"parts": [{"sku": "A", "quantity": 0}]}, "/parts/0/quantity"),
        ({"parts": [{"sku": "a b", "quantity": 1}]}, "/parts/0/sku"),
        ({"shop": 7}, "/shop"),
        ({"sku": "A"}, "/sku"),
    ],
)
async def test_a_wrong_sku_code(web: Web, cases: UseCases, change: dict[str, Any], pointer: str) -> None:
    answer = await web.call("PUT", f"{PATH}/sku-codes", order_examples.SKU_CODE | change)
    answer.problem("validation_failed", pointer)
    assert not cases.asked


@pytest.mark.parametrize("query", ["payment=free", "case=lost", "limit=0", "order=1", "channel="])
async def test_a_wrong_filter(web: Web, cases: UseCases, query: str) -> None:
    (await web.get(f"{PATH}?{query}")).problem("validation_failed", f"/{query.partition('=')[0]}")
    assert not cases.asked
