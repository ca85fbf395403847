"""The description of a warehouse: read whole, answered as it was put, refused with the pointer of what is wrong."""

from datetime import date
from typing import Any

import pytest

from inventory_service.domain.warehouse import Freight, Outbound, Warehouse, WarehouseKind
from inventory_service.web import examples
from tests.acceptance.malformed import WRONG_WAREHOUSES
from tests.web.fakes import UseCases
from tests.web.running import Web

SHA = "/v1/warehouses/SHA"


async def test_it_is_read_whole_and_answered_as_it_was_put(web: Web, cases: UseCases) -> None:
    answer = await web.call("PUT", SHA, examples.WAREHOUSE)
    assert answer.body == examples.WAREHOUSE_VIEW
    assert cases.asked[0][1] == Warehouse(
        "SHA",
        "上海仓",
        WarehouseKind.WAREHOUSE,
        "CN",
        "310000",
        31.23,
        121.47,
        10,
        ("310000", "320000", "330000"),
        cross_border=("HK", "SG"),
        outbound=Outbound(
            "Asia/Shanghai",
            "16:00",
            (1, 2, 3, 4, 5, 6),
            ((date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 2, 16), date(2026, 2, 23))),
            5000,
        ),
        freight=Freight("CNY", {"310000": 600, "320000": 800, "330000": 800, "*": 1500}),
    )


async def test_what_is_left_out_has_its_default(web: Web, cases: UseCases) -> None:
    await web.call("PUT", "/v1/warehouses/T-1", {"name": "Way", "kind": "in_transit", "serves": None, "lat": None})
    answer = await web.call("PUT", "/v1/warehouses/T-2", {"name": "Halt", "paused": True, "outbound": {}})
    assert [asked[1] for asked in cases.asked] == [
        Warehouse("T-1", "Way", WarehouseKind.IN_TRANSIT),
        Warehouse("T-2", "Halt", paused=True, outbound=Outbound()),
    ]
    again = {name: value for name, value in answer.body.items() if name != "code"}
    assert (await web.call("PUT", "/v1/warehouses/T-2", again)).body == answer.body


async def test_a_list_of_them(web: Web) -> None:
    assert [each["code"] for each in (await web.get("/v1/warehouses?limit=1")).body["data"]] == ["SHA"]


@pytest.mark.parametrize(("change", "pointer"), WRONG_WAREHOUSES)
async def test_a_wrong_warehouse(web: Web, cases: UseCases, change: dict[str, Any], pointer: str) -> None:
    (await web.call("PUT", SHA, examples.WAREHOUSE | change)).problem("validation_failed", pointer)
    assert not cases.asked
