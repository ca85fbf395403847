"""What a test needs of the shop: goods, orders and ids of its own, so that tests do not meet."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.acceptance.client import Answer, Api
from tests.acceptance.service import BOOTSTRAP_KEY, LOOKS
from tests.acceptance.waiting import eventually

WAREHOUSES: dict[str, dict[str, Any]] = {
    "SHA": {"name": "上海仓", "region": "310000", "lat": 31.23, "lon": 121.47, "priority": 10},
    "PEK": {"name": "北京仓", "region": "110000", "lat": 39.90, "lon": 116.41, "priority": 20},
    "CAN": {"name": "广州仓", "region": "440000", "lat": 23.13, "lon": 113.26, "priority": 30},
    "CTU": {"name": "成都仓", "region": "510000", "lat": 30.57, "lon": 104.07, "priority": 40},
}
COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")


async def open_warehouses(url: str) -> None:
    """Put the four warehouses that every test may use, and wait until every API process knows them."""
    connector = aiohttp.TCPConnector(force_close=True)  # each call may go to another process
    async with aiohttp.ClientSession(connector=connector) as session:
        api = Api(url, BOOTSTRAP_KEY, session)
        for code, description in WAREHOUSES.items():
            (await api.put(f"/v1/warehouses/{code}", {"kind": "warehouse", "country": "CN", **description})).ok()

        async def known() -> bool:
            lists = [(await api.get("/v1/warehouses")).ok()["data"] for _ in range(LOOKS)]
            return all(WAREHOUSES.keys() <= {row["code"] for row in rows} for rows in lists)

        await eventually(known, "every process knows the warehouses")


class Shop:
    """One test's goods and orders. `ids` and `skus` carry a prefix that no other test has."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.prefix = uuid.uuid4().hex[:12]
        self._numbers = iter(range(1_000_000))

    def sku(self, name: str = "A") -> str:
        return f"{self.prefix}-{name}"

    def id(self, name: str = "n") -> str:
        """A new id at each call."""
        return f"{self.prefix}:{name}.{next(self._numbers)}"

    async def stocked(self, quantity: int, name: str = "A", warehouse: str = "SHA") -> str:
        """A SKU with so many units received."""
        await self.move("receive", quantity, name, warehouse)
        return self.sku(name)

    async def stock_up(self, levels: Mapping[str, Mapping[str, int]]) -> None:
        """{sku name: {warehouse: units}}, received in one call."""
        movements = [
            self.movement("receive", units, name, warehouse)
            for name, per_warehouse in levels.items()
            for warehouse, units in per_warehouse.items()
        ]
        assert all(result["result"] == "applied" for result in await self.movements(movements))

    def movement(
        self, kind: str, quantity: int, name: str = "A", warehouse: str = "SHA", **more: Any
    ) -> dict[str, Any]:
        sku = self.sku(name)
        return {
            "movement_id": self.id("mv"), "type": kind, "sku": sku, "warehouse": warehouse, "quantity": quantity, **more
        }  # fmt: skip

    async def movements(self, movements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The results, in order."""
        body = (await self.api.post("/v1/stock/movements", {"movements": movements})).ok()
        results: list[dict[str, Any]] = body["results"]
        assert len(results) == len(movements)
        return results

    async def move(self, kind: str, quantity: int, name: str = "A", warehouse: str = "SHA", **more: Any) -> None:
        """One movement that must be applied."""
        (result,) = await self.movements([self.movement(kind, quantity, name, warehouse, **more)])
        assert result["result"] == "applied", result

    async def caught_up(self) -> None:
        """Receive one thing more and wait until the ledger lists it: events are written in order."""
        witness = f"witness.{next(self._numbers)}"
        await self.stocked(1, witness)

        async def listed() -> list[Any]:
            rows: list[Any] = (await self.api.get("/v1/stock", {"sku": self.sku(witness)})).ok()["data"]
            return rows

        await eventually(listed, "the ledger has everything", within_seconds=60)

    def order(self, quantity: int = 1, name: str = "A", **fields: Any) -> dict[str, Any]:
        """A reserve body of one line."""
        lines = [{"sku": self.sku(name), "quantity": quantity}]
        return {"reservation_id": self.id("r"), "lines": lines, **fields}

    async def reserve(self, body: Any) -> Answer:
        return await self.api.post("/v1/reservations", body)

    async def held(self, quantity: int = 1, name: str = "A", **fields: Any) -> str:
        """Id of a new reservation of one line."""
        return str((await self.reserve(self.order(quantity, name, **fields))).ok(201)["reservation_id"])

    async def confirmed(self, quantity: int = 1, name: str = "A", **fields: Any) -> str:
        reservation_id = await self.held(quantity, name, **fields)
        (await self.act(reservation_id, "confirm")).ok()
        return reservation_id

    async def released(self, quantity: int = 1, name: str = "A") -> str:
        reservation_id = await self.held(quantity, name)
        (await self.act(reservation_id, "release")).ok()
        return reservation_id

    async def expired(self, quantity: int = 1, name: str = "A", **fields: Any) -> str:
        """Waits out a hold of one second."""
        reservation_id = await self.held(quantity, name, ttl_seconds=1, **fields)
        await self.until_status(reservation_id, "expired")
        return reservation_id

    async def part_shipped(self, quantity: int = 3, shipped: int = 1, name: str = "A") -> str:
        reservation_id = await self.confirmed(quantity, name)
        assert (await self.scan(reservation_id, shipped, name))["result"] == "applied"
        return reservation_id

    async def shipped(self, quantity: int = 1, name: str = "A") -> str:
        return await self.part_shipped(quantity, quantity, name)

    async def act(self, reservation_id: str, verb: str, body: Any = None) -> Answer:
        """confirm, release or extend."""
        path = f"/v1/reservations/{reservation_id}/{verb}"
        return await (self.api.post(path) if body is None else self.api.post(path, body))

    async def reservation(self, reservation_id: str) -> dict[str, Any]:
        body: dict[str, Any] = (await self.api.get(f"/v1/reservations/{reservation_id}")).ok()
        return body

    async def until_status(self, reservation_id: str, status: str) -> dict[str, Any]:
        async def seen() -> dict[str, Any] | None:
            body = await self.reservation(reservation_id)
            return body if body["status"] == status else None

        body = await eventually(seen, f"{reservation_id} is {status}")
        assert body is not None
        return body

    def scan_of(self, reservation_id: str, quantity: int = 1, name: str = "A", **fields: Any) -> dict[str, Any]:
        return {
            "scan_id": self.id("sc"), "reservation_id": reservation_id, "warehouse": "SHA", "sku": self.sku(name),
            "quantity": quantity, **fields,
        }  # fmt: skip

    async def scans(self, scans: Iterable[Any]) -> list[dict[str, Any]]:
        """The results, in order."""
        body = (await self.api.post("/v1/wms/outbound-scans", {"scans": list(scans)})).ok()
        results: list[dict[str, Any]] = body["results"]
        return results

    async def scan(self, reservation_id: str, quantity: int = 1, name: str = "A", **fields: Any) -> dict[str, Any]:
        (result,) = await self.scans([self.scan_of(reservation_id, quantity, name, **fields)])
        return result

    async def stock(self, name: str = "A") -> dict[str, Any]:
        body: dict[str, Any] = (await self.api.get(f"/v1/stock/{quote(self.sku(name), safe='')}")).ok()
        return body

    async def level(self, name: str = "A", warehouse: str = "SHA") -> dict[str, Any]:
        """One warehouse's row of a SKU."""
        rows = [row for row in (await self.stock(name))["warehouses"] if row["warehouse"] == warehouse]
        assert len(rows) == 1, rows
        row: dict[str, Any] = rows[0]
        return row

    async def counters(self, name: str = "A", warehouse: str = "SHA") -> tuple[int, ...]:
        """(on_hand, held, committed, unavailable, incoming) of one warehouse."""
        level = await self.level(name, warehouse)
        return tuple(level[counter] for counter in COUNTERS)
