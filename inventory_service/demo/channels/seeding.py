"""Puts the merchant into the service, and his shops: through the public API, as he would."""

import asyncio
import time
from collections.abc import Sequence

from inventory_service.demo.channels import scene
from inventory_service.demo.channels.platforms import Platform
from inventory_service.demo.client import InventoryClient
from inventory_service.demo.options import DemoOptions
from inventory_service.demo.seeding import SeedingFailed, put_all, succeeded

SHOWN_TIMEOUT_S = 60.0
LOOK_S = 0.3


async def deliver(client: InventoryClient, run: str, options: DemoOptions) -> None:
    """Warehouses and stock. Raises SeedingFailed."""
    await put_all(client, {f"/v1/warehouses/{code}": body for code, body in scene.warehouses().items()})
    body = {"movements": scene.movements(run, options.units, options.shoppers)}
    answer = succeeded(await client.settle("movements", "POST", "/v1/stock/movements", body))
    rejected = [result for result in answer.body["results"] if result["result"] != "applied"]
    if rejected:
        raise SeedingFailed(f"movement not applied: {rejected[0]}")


async def register(client: InventoryClient, run: str, platforms: Sequence[Platform]) -> None:
    """Each shop with its credential, what the set is made of, and which articles are ours. Raises SeedingFailed."""
    await put_all(client, {f"/v1/channels/shops/{each.shop.name}": _shop(each) for each in platforms})
    await asyncio.gather(*(set_credential(client, each) for each in platforms))
    for platform in platforms:
        for article in scene.articles(run):
            parts = [{"sku": sku, "quantity": units} for sku, units in article.parts.items()]
            code = {"channel": platform.shop.channel, "code": article.code, "parts": parts}
            succeeded(await client.settle("put", "PUT", "/v1/orders/sku-codes", code))
    await put_all(client, {f"/v1/channels/shops/{each.shop.name}/items": _items(run) for each in platforms})


async def set_credential(client: InventoryClient, platform: Platform) -> None:
    """What a person does who was given a secret."""
    path = f"/v1/channels/shops/{platform.shop.name}/credentials"
    succeeded(await client.settle("put", "PUT", path, platform.credential))


async def open_doors(run: str, platforms: Sequence[Platform]) -> None:
    """Shoppers come once every platform shows stock: the service has written it there. Raises SeedingFailed."""
    offered = {article.code: article.variant(place) for place, article in enumerate(scene.articles(run))}
    await asyncio.gather(*(platform.offer(offered) for platform in platforms))
    give_up = time.monotonic() + SHOWN_TIMEOUT_S
    while time.monotonic() < give_up:
        books = await asyncio.gather(*(platform.books() for platform in platforms))
        if all(shown > 0 for book in books for shown in book["stock"].values()):
            return
        await asyncio.sleep(LOOK_S)
    raise SeedingFailed("the stock was not written to every platform")


def _shop(platform: Platform) -> dict[str, object]:
    shop = platform.shop
    return {
        "channel": shop.channel,
        "title": shop.title,
        "responsible": shop.responsible,
        "base_url": platform.url,
        "settings": {"calls_per_second": scene.SHOPS_CALLED_PER_SECOND},
    }


def _items(run: str) -> dict[str, object]:
    items = []
    for place, article in enumerate(scene.articles(run)):
        product, variant = article.variant(place)
        parts = [{"sku": sku, "quantity": units} for sku, units in article.parts.items()]
        items.append({"product_id": product, "sku_id": variant, "parts": parts})
    return {"items": items}
