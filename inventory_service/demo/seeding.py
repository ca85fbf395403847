"""Puts the merchant into the service, through the same calls that a merchant would use."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Any

from inventory_service.demo import scene
from inventory_service.demo.client import InventoryClient
from inventory_service.outside.answer import Answer

MOVEMENTS_PER_BATCH = 500


class SeedingFailed(Exception):
    """The service did not take the demo's stock; the message carries its answer."""


async def seed(client: InventoryClient, run: str, hot_sku: str, units: int, random: Random) -> int:
    """Warehouses, then stock by movements, then policies. Returns the number of movements. Raises SeedingFailed."""
    await put_all(client, {f"/v1/warehouses/{code}": body for code, body in scene.warehouses().items()})
    movements = 0
    for batch in _batches(scene.movements(run, hot_sku, units, random)):
        body = {"movements": batch}
        answer = succeeded(await client.settle("movements", "POST", "/v1/stock/movements", body))
        rejected = [result for result in answer.body["results"] if result["result"] != "applied"]
        if rejected:
            raise SeedingFailed(f"movement not applied: {rejected[0]}")
        movements += len(batch)
    await put_all(client, {f"/v1/stock/{sku}/policy": body for sku, body in scene.policies(random).items()})
    return movements


async def put_all(client: InventoryClient, bodies: Mapping[str, Mapping[str, Any]]) -> None:
    for answer in await asyncio.gather(*(client.settle("put", "PUT", path, body) for path, body in bodies.items())):
        succeeded(answer)


def _batches(movements: Iterator[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    while batch := list(islice(movements, MOVEMENTS_PER_BATCH)):
        yield batch


def succeeded(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300:
        raise SeedingFailed(f"{answer.status} {dict(answer.body)}")
    return answer
