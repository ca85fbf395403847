"""The merchant of the OpenAPI document's examples: with it in the service they are requests that succeed."""

from inventory_service.web import examples, shop_examples
from tests.acceptance.client import Api

# As in `schemathesis.toml`, the spare ones included.
WAREHOUSES = {
    "SHA": examples.WAREHOUSE,
    "PEK": examples.WAREHOUSE | {"name": "北京仓", "region": "110000", "lat": 39.9, "lon": 116.41, "serves": None},
    "CAN": examples.WAREHOUSE | {"name": "广州仓", "region": "440000", "lat": 23.13, "lon": 113.26, "serves": None},
}
SKUS = ("TEE-RED-M", "TEE-RED-L", "MUG-BLUE", "CAP-GREEN")
SHOPS = ("tees", "mugs")  # of one channel, and they stay in it
LOCKED_SHOP = "locked"  # without a credential
UNITS = 1_000_000
HELD = 300  # reservations of each delivery
SHIPPED = 60  # transfers of each delivery


async def open_warehouses(api: Api) -> None:
    for code, body in WAREHOUSES.items():
        (await api.put(f"/v1/warehouses/{code}", body)).ok()


async def deliver(api: Api, delivery: str) -> None:
    """Open every warehouse, withhold nothing, bring so much to each that none runs short, and hold some of it."""
    await open_warehouses(api)
    movements = [
        {
            "movement_id": f"{delivery}.{sku}.{code}", "type": "receive", "sku": sku, "warehouse": code,
            "quantity": UNITS,
        }
        for sku in SKUS
        for code in WAREHOUSES
    ]  # fmt: skip
    results = (await api.post("/v1/stock/movements", {"movements": movements})).ok()["results"]
    assert all(result["result"] == "applied" for result in results), results
    for sku in SKUS:
        for code in WAREHOUSES:
            (await api.put(f"/v1/stock/{sku}/policy", {"safety_stock": 0, "warehouse": code})).ok()
    held = [
        {"op": "reserve", "reservation_id": f"{delivery}-{number}", "lines": [{"sku": SKUS[0], "quantity": 1}]}
        for number in range(HELD)
    ]
    results = (await api.post("/v1/batch", {"operations": held})).ok()["results"]
    assert all(result["status"] == 201 for result in results), results
    for number in range(SHIPPED):
        leaving = {"from": "SHA", "to": "PEK", "lines": [{"sku": SKUS[0], "quantity": 1}], "ship": True}
        (await api.post("/v1/stock/transfers", {"transfer_id": f"{delivery}-{number}", **leaving})).ok(201)
    await _raise_an_alarm(api, f"LAMP-{delivery}")
    for shop in (*SHOPS, LOCKED_SHOP):
        (await api.put(f"/v1/channels/shops/{shop}", shop_examples.SHOP)).ok()
    for shop in SHOPS:
        (await api.put(f"/v1/channels/shops/{shop}/credentials", shop_examples.CREDENTIAL)).ok()


async def _raise_an_alarm(api: Api, sku: str) -> None:
    """One is held, and then the shelf is found empty."""
    movement = {"movement_id": f"{sku}.1", "type": "receive", "sku": sku, "warehouse": "SHA", "quantity": 1}
    (await api.post("/v1/stock/movements", {"movements": [movement]})).ok()
    (await api.post("/v1/reservations", {"reservation_id": sku, "lines": [{"sku": sku, "quantity": 1}]})).ok(201)
    count = movement | {"movement_id": f"{sku}.2", "type": "count", "quantity": 0, "force": True}
    (await api.post("/v1/stock/movements", {"movements": [count]})).ok()
