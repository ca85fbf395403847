"""Warehouses."""

from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.lists import NoQuery, PageBody, PageQuery
from inventory_service.web.schemas.warehouses import WarehouseBody, warehouse_of, warehouse_view


async def put_warehouse(call: Call[WarehouseBody, NoQuery]) -> Answer:
    warehouse = warehouse_of(call.path["code"], call.body)
    return json_answer(warehouse_view(await call.services.warehouses.put(warehouse)))


async def list_warehouses(call: Call[None, PageQuery]) -> Answer:
    page = await call.services.warehouses.list(call.query.limit, call.query.position)
    return json_answer(PageBody([warehouse_view(warehouse) for warehouse in page.data], page.next_cursor or None))
