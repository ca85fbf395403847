"""A caller of one peer."""

from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import uuid4

import aiohttp

CALL_SECONDS = 30.0


class Told(NamedTuple):
    status: int
    body: Any


class Buyer:
    """Has an SKU of its own. Use as `async with`."""

    def __init__(self, url: str) -> None:
        self.sku = f"sku-{uuid4().hex[:8]}"
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        self._session = aiohttp.ClientSession(url, timeout=timeout, connector=aiohttp.TCPConnector(limit=0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def stocked(self, quantity: int) -> None:
        assert await self.post("/stock", {"sku": self.sku, "quantity": quantity}) == (
            200, {"sku": self.sku, "quantity": quantity},
        )  # fmt: skip

    async def reserve(self, reservation_id: str, quantity: int = 1) -> Told:
        lines = [{"sku": self.sku, "quantity": quantity}]
        return await self.post(
            "/v1/reservations", {"reservation_id": reservation_id, "lines": lines, "ttl_seconds": 900}
        )

    async def act(self, reservation_id: str, verb: str) -> Told:
        return await self.post(f"/v1/reservations/{reservation_id}/{verb}", {})

    async def post(self, path: str, body: object) -> Told:
        async with self._session.post(path, json=body) as answer:
            return Told(answer.status, await answer.json())

    @staticmethod
    def order() -> str:
        return f"order-{uuid4().hex}"
