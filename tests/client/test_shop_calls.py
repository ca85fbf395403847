"""Shops, their credentials, and where each stands with its platform, by the client on a real service."""

from datetime import UTC, datetime, timedelta

import pytest

from inventory_service.client import (
    InvalidRequest,
    InventoryClient,
    ItemPart,
    NotFound,
    Shop,
    ShopItem,
)


async def test_a_shop_and_its_credential(client: InventoryClient) -> None:
    tees = Shop(
        shop="tees", channel="taobao", title="T恤店", responsible="Li Lei", base_url="http://127.0.0.1:1",
        settings={"calls_per_second": 2.5},
    )  # fmt: skip
    assert await client.put_shop(tees) == tees
    assert await client.shop("tees") == tees
    assert [each async for each in client.shops() if each.shop == "tees"] == [tees]
    with pytest.raises(NotFound):
        await client.shop("tea")
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)
    await client.set_credential("tees", app_key="key-1", app_secret="s-1")
    shown = await client.set_credential(
        "tees", app_key="key-1", app_secret="s-2", access_token="t", refresh_token="r", expires_at=expires_at,
        renewable_until=expires_at, overlap_seconds=60,
    )  # fmt: skip
    assert (shown.version, shown.state, shown.app_key, shown.expires_at) == (2, "current", "key-1", expires_at)
    found = await client.credentials("tees")
    assert [(each.version, each.state) for each in found.credentials] == [(2, "current"), (1, "previous")]
    tested = await client.test_shop("tees")
    assert (tested.shop, tested.channel, tested.app_key, tested.version) == ("tees", "taobao", "key-1", 2)
    assert tested.outcome == "unreachable"


async def test_a_mapping_of_its_own(client: InventoryClient) -> None:
    teas = Shop(shop="teas", channel="taobao", title="T", responsible="Li Lei", base_url="http://127.0.0.1:1")
    await client.put_shop(teas)
    toml = 'version = 1\nextends = "taobao"\n[line]\nsku.path = "outer_iid"\n'
    done = await client.put_mapping("teas", toml)
    assert (done.version, done.changes[0].place, done.changes[0].after) == (1, "[line] sku path", "outer_iid")
    found = await client.mapping("teas")
    assert (found.toml, found.digest, [each.version for each in found.versions]) == (toml, done.digest, [1])
    with pytest.raises(InvalidRequest, match="is sku meant") as refused:
        await client.put_mapping("teas", toml.replace("sku", "skus"))
    assert refused.value.pointer == "/toml"
    assert (await client.unset_mapping("teas")).version == 2
    assert (await client.mapping("teas")).toml is None


async def test_shops_in_step_with_their_platforms(client: InventoryClient) -> None:
    since, until = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC)
    unknown = "never-registered"
    for call in (
        client.ask_backfill(unknown, since, until),
        client.backfill(unknown, "7"),
        client.ask_check(unknown, since, until),
        client.check(unknown, "8"),
        client.repair_check(unknown, "8"),
        client.put_items(unknown, (ShopItem(product_id="520", parts=(ItemPart(sku="TEE", quantity=2),)),)),
        client.items(unknown),
    ):
        with pytest.raises(NotFound):
            await call
    assert unknown not in {standing.shop for standing in await client.shop_standings()}
