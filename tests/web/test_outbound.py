"""The feed of warehouses over HTTP: what reaches the use cases, what callers see, what is refused."""

from typing import Any

import pytest

from inventory_service.domain.orders.telling import Saying
from inventory_service.usecases.orders.ports import Answer
from inventory_service.web import order_examples
from tests.web.fake_orders import ORDER_NO
from tests.web.fakes import UseCases
from tests.web.running import Web

PATH = "/v1/wms/outbound-orders"


async def test_a_page_tells_the_cursor_to_come_back_with(web: Web, cases: UseCases) -> None:
    page = (await web.get(f"{PATH}?cursor=6&warehouse=SHA&limit=7")).body
    ship, cancel = page["data"]
    assert (page["next_cursor"], ship["position"], cancel["kind"]) == ("8", 7, "cancel")
    assert (ship["lines"], ship["reservation_id"]) == ([{"sku": "A", "quantity": 1}], f"{ORDER_NO}.1")
    assert ship["allocations"] == [{"warehouse": "SHA", "lines": [{"sku": "A", "quantity": 1}]}]
    assert (ship["collect_minor"], cancel["collect_minor"]) == (4990, 0)
    assert (ship["receiver"]["phone"], cancel["receiver"]) == ("138****8888", None)
    assert (ship["buyer_message"], cancel["buyer_message"]) == ("ring", "")
    (asked,) = cases.asked
    assert (*asked[:4], asked[4].name) == ("feed", 6, "SHA", 7, "root")


@pytest.mark.parametrize("saying", list(Saying))
async def test_each_answer(web: Web, cases: UseCases, saying: Saying) -> None:
    answer = await web.post(f"{PATH}/{ORDER_NO}/{saying}", order_examples.OUTBOUND_ANSWER)
    assert answer.body == {"order_no": ORDER_NO, "result": "noted", "case": "oversold"}
    expected = Answer("root", "wms-7-41", ORDER_NO, "SHA", 41, saying, "Li", "shelf 7")
    assert cases.asked == [("answer", expected)]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=-1",
        "cursor=07",
        "cursor=x",
        "limit=0",
        "wait_seconds=31",
        "wait_seconds=-1",
        "wait_seconds=1.5",
        "warehouse=",
        "shop=1",
    ],
)
async def test_a_wrong_query(web: Web, cases: UseCases, query: str) -> None:
    (await web.get(f"{PATH}?{query}")).problem("validation_failed", f"/{query.partition('=')[0]}")
    assert not cases.asked


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"answer_id": "a b"}, "/answer_id"),
        ({"warehouse": ""}, "/warehouse"),
        ({"position": 0}, "/position"),
        ({"position": "41"}, "/position"),
        ({"note": 7}, "/note"),
        ({"lines": []}, "/lines"),
    ],
)
async def test_a_wrong_answer(web: Web, cases: UseCases, change: dict[str, Any], pointer: str) -> None:
    answer = await web.post(f"{PATH}/{ORDER_NO}/ack", order_examples.OUTBOUND_ANSWER | change)
    answer.problem("validation_failed", pointer)
    assert not cases.asked


async def test_a_word_that_nobody_knows(web: Web, cases: UseCases) -> None:
    (await web.post(f"{PATH}/{ORDER_NO}/lost", order_examples.OUTBOUND_ANSWER)).problem("not_found")
    assert not cases.asked
