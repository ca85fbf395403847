"""Warehouses, clients and keys: known by heart, fresh within seconds, and known on while Postgres is away."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.warehouse import Freight, Outbound, Warehouse, WarehouseKind
from inventory_service.ledger import refresh as refresh_module
from inventory_service.ledger.keys import BOOTSTRAP_CLIENT, ApiKeys
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.refresh import Refresh
from inventory_service.ledger.warehouses import PostgresWarehouses

BOOTSTRAP = "a-key-of-the-first-hour"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
PAPER = Warehouse("SHA", "上海", WarehouseKind.STORE, "CN", "310000", 31.23, 121.47, 5, ("310000", "320000"), False)


async def test_a_warehouse_is_kept_as_it_was_put(database: Pool) -> None:
    here, there = PostgresWarehouses(database), PostgresWarehouses(database)
    assert await here.lookup("SHA") is None
    await here.put(PAPER)
    assert here.all() == {"SHA": PAPER}
    with pytest.raises(NotReady):
        there.all()
    assert await there.lookup("SHA") == PAPER
    await here.put(Warehouse("SHA", "Shanghai"))
    await there.refresh()
    seen = there.all()
    assert seen == {"SHA": Warehouse("SHA", "Shanghai")}
    await there.refresh()
    assert there.all() is seen


async def test_rules_of_a_warehouse_are_kept_as_they_were_put(database: Pool) -> None:
    here, there = PostgresWarehouses(database), PostgresWarehouses(database)
    full = replace(
        PAPER,
        paused=True,
        cross_border=("HK", "SG"),
        outbound=Outbound("Asia/Shanghai", "16:00", (1, 5), ((date(2027, 2, 6), date(2027, 2, 12)),), 5000),
        freight=Freight("CNY", {"310000": 600, "*": 1500}),
    )
    bare = replace(PAPER, code="PEK", outbound=Outbound(), freight=None)
    for warehouse in (full, bare):
        await here.put(warehouse)
    await there.refresh()
    assert there.all() == here.all() == {"PEK": bare, "SHA": full}
    seen = there.all()
    await there.refresh()
    assert there.all() is seen  # and equal to itself, or every route would be made anew each second


async def test_a_warehouse_of_before_these_rules_has_none(database: Pool) -> None:
    await database.execute(
        "INSERT INTO warehouses (code, name, kind, country, region, priority, enabled) "
        "VALUES ('OLD', 'Old', 'warehouse', 'CN', '', 100, true)"
    )
    here = PostgresWarehouses(database)
    await here.refresh()
    assert here.all() == {"OLD": Warehouse("OLD", "Old")}


async def test_warehouses_known_so_far_survive_postgres(database_url: str) -> None:
    async with make_pool(database_url, size_max=1) as pool:
        warehouses = PostgresWarehouses(pool)
        await warehouses.put(PAPER)
    assert warehouses.all() == {"SHA": PAPER}
    assert await warehouses.lookup("SHA") == PAPER
    with pytest.raises(NotReady):
        await warehouses.lookup("PEK")


async def test_a_key_works_at_once_and_everywhere(database: Pool) -> None:
    here, there = ApiKeys(database), ApiKeys(database)
    secret = await here.create("shop", [Scope.RESERVE, Scope.STOCK_READ])
    shop = Client("shop", frozenset({Scope.RESERVE, Scope.STOCK_READ}))
    assert await here.authenticate(secret) == shop
    assert await there.authenticate(secret) == shop


@pytest.mark.parametrize(
    "damage", [str.upper, lambda key: key[:-1], lambda key: key + "a", lambda _: "", lambda _: "ü"]
)
async def test_anything_else_is_no_key(damage: object, database: Pool) -> None:
    keys = ApiKeys(database, BOOTSTRAP)
    secret = await keys.create("shop", [Scope.SCAN])
    assert callable(damage)
    assert await keys.authenticate(damage(secret)) is None


async def test_the_secret_of_another_key_is_no_key(database: Pool) -> None:
    keys = ApiKeys(database)
    one, other = (await keys.create("shop", [Scope.SCAN]) for _ in range(2)), await keys.create("wms", [Scope.SCAN])
    first = await anext(one)
    mixed = "_".join([*first.split("_")[:2], other.split("_")[2]])
    assert await keys.authenticate(mixed) is None


async def test_the_secret_is_stored_nowhere(database: Pool) -> None:
    secret = (await ApiKeys(database).create("shop", [Scope.SCAN])).split("_")[2]
    row = await database.fetchrow("SELECT * FROM api_keys")
    assert row is not None
    assert secret not in repr(tuple(row))
    assert secret.encode() not in row["secret_sha256"]


async def test_a_revoked_key_ends(database: Pool) -> None:
    here, there = ApiKeys(database), ApiKeys(database)
    secret = await here.create("shop", [Scope.SCAN])
    assert await there.authenticate(secret)
    (listed,) = await here.list()
    assert (listed.client, listed.scopes, listed.revoked_ms) == ("shop", frozenset({Scope.SCAN}), 0)
    assert await here.revoke(listed.key_id)
    assert not await here.revoke(listed.key_id)
    assert await here.authenticate(secret) is None
    assert await there.authenticate(secret)
    await Refresh(database, [there]).read()
    assert await there.authenticate(secret) is None
    assert (await here.list())[0].revoked_ms > 0


async def test_every_process_hears_of_a_new_warehouse(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_module, "REFRESH_S", 600.0)  # only being told can end the wait
    here, there = PostgresWarehouses(database), PostgresWarehouses(database)
    refresh = Refresh(database, [there])
    waiting = asyncio.create_task(refresh.run_once())
    while not has_read(there):  # noqa: ASYNC110  # it has no event of its own to wait for
        await asyncio.sleep(0)
    await here.put(Warehouse("NEW", "Neues Lager"))
    async with asyncio.timeout(60):
        await waiting
    await refresh.read()
    assert "NEW" in there.all()
    await refresh.stop()


async def test_every_process_hears_of_a_new_webhook_secret(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_module, "REFRESH_S", 600.0)
    here, there = ApiKeys(database), ApiKeys(database)
    refresh = Refresh(database, [there])
    waiting = asyncio.create_task(refresh.run_once())
    while there._signers is None:  # noqa: ASYNC110  # it has no event of its own to wait for
        await asyncio.sleep(0)
    made = await here.create_webhook_secret("wms")
    async with asyncio.timeout(60):
        await waiting
    await refresh.read()
    assert [list(signer.secrets) for signer in await there.webhook_signers()] == [[made.secret]]
    await refresh.stop()


def has_read(warehouses: PostgresWarehouses) -> bool:
    with suppress(NotReady):
        return warehouses.all() is not None
    return False


async def test_an_unknown_key_is_asked_for_once(database_url: str) -> None:
    unknown = f"inv_{'a' * 16}_{'b' * 40}"
    async with make_pool(database_url, size_max=1) as pool:
        keys = ApiKeys(pool)
        assert await keys.authenticate(unknown) is None
    assert await keys.authenticate(unknown) is None
    for _ in range(2):  # nobody could say that it is unknown
        with pytest.raises(NotReady):
            await keys.authenticate(f"inv_{'c' * 16}_{'b' * 40}")


async def test_a_flood_of_guesses_is_looked_up_together(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each guess is another key; a right one among them is found at once nevertheless."""
    here, there = ApiKeys(database), ApiKeys(database)
    looks: list[int] = []
    refresh = there.refresh

    async def counted() -> None:
        looks.append(len(there._unknown))
        await refresh()

    monkeypatch.setattr(there, "refresh", counted)
    guesses = [f"inv_{number:08d}_{'0' * 40}" for number in range(2_000)]
    flood = [asyncio.create_task(there.authenticate(guess)) for guess in guesses[:1_000]]
    secret = await here.create("shop", [Scope.SCAN])
    flood += [asyncio.create_task(there.authenticate(guess)) for guess in guesses[1_000:]]
    assert await there.authenticate(secret) == Client("shop", frozenset({Scope.SCAN}))
    assert set(await asyncio.gather(*flood)) == {None}
    assert len(looks) <= 3


async def test_keys_known_so_far_survive_postgres(database_url: str) -> None:
    async with make_pool(database_url, size_max=1) as pool:
        keys = ApiKeys(pool)
        secret = await keys.create("shop", [Scope.SCAN])
        await keys.refresh()
    with pytest.raises(NotReady):
        await Refresh(pool, [keys]).run_once()
    assert await keys.authenticate(secret) == Client("shop", frozenset({Scope.SCAN}))


async def test_the_bootstrap_key_needs_no_postgres() -> None:
    async with make_pool(NOWHERE, size_max=1) as pool:
        keys = ApiKeys(pool, BOOTSTRAP)
        assert await keys.authenticate(BOOTSTRAP) == Client(BOOTSTRAP_CLIENT, frozenset(Scope))
        assert await keys.authenticate(BOOTSTRAP + "!") is None
        with pytest.raises(NotReady):
            await keys.webhook_signers()


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ü", "a\0"])
async def test_a_client_has_a_plain_name(name: str, database: Pool) -> None:
    for refused in (ApiKeys(database).create(name, []), ApiKeys(database).create_webhook_secret(name)):
        with pytest.raises(Refused):
            await refused


async def test_webhook_secrets_rotate(database: Pool) -> None:
    keys = ApiKeys(database)
    first = await keys.create_webhook_secret("wms")
    second = await keys.create_webhook_secret("wms")
    await keys.refresh()
    (signer,) = await keys.webhook_signers()
    assert signer.client == Client("wms", frozenset({Scope.SCAN}))
    assert set(signer.secrets) == {first.secret, second.secret}
    assert first.secret.startswith("whsec_")
    assert await keys.revoke_webhook_secret(first.secret_id)
    assert not await keys.revoke_webhook_secret(first.secret_id)
    await keys.refresh()
    (signer,) = await keys.webhook_signers()
    assert list(signer.secrets) == [second.secret]
    assert len(await keys.webhook_secrets()) == 2
