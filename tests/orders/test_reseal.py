"""Keys rotate: everything that is sealed gets the newest one, whatever is killed, locked or altered on the way."""

import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from inventory_service.domain.errors import NotReady
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.reseal import Reseal, Resealed, rows_by_key
from inventory_service.ledger.shops import PostgresShops
from inventory_service.sealing import KEY_BYTES, Sealer
from inventory_service.usecases.orders import documents
from inventory_service.usecases.shops.ports import Author
from tests.acceptance.waiting import eventually
from tests.bootstrap.running import START_SECONDS, Start, starting
from tests.orders.house import ADA, Orders, document

OLD, NEW = bytes(KEY_BYTES), b"k" * KEY_BYTES
BOTH, NEWEST = Sealer({1: OLD, 2: NEW}), Sealer({2: NEW})
SHOP = Shop("tees", "generic", "Tees", "Wang Fang", "http://127.0.0.1:1", 1800, {})
CREDENTIAL = Credential(version=0, app_key="key", app_secret="secret")
ORDERS = 230
UNFIT = document(order_id="unfit", payment="free")


@pytest.fixture
async def sealed(orders: Orders) -> Sequence[str]:
    """Orders, a failure and a credential, all with the old key."""
    numbers = [(await orders.arrives(document(order_id=str(each)))).order_no for each in range(ORDERS)]
    await orders.arrives(UNFIT)
    await PostgresShops(orders.service.pool).put(SHOP, Author("desk", 1))
    secrets = PostgresCredentials(orders.service.pool, Sealer({1: OLD}))
    await secrets.put(SHOP, CREDENTIAL, 0, Author("desk", 1))
    return numbers


@pytest.fixture
def start(redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Start]:
    keys = ",".join(f"{version}:{b64encode(key).decode()}" for version, key in ((1, OLD), (2, NEW)))
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url}
    with starting({**os.environ, **urls, "INVENTORY_SEALING_KEYS": keys}, tmp_path) as make:
        yield make


async def resealed(pool: Pool, sealer: Sealer = BOTH) -> Resealed:
    return await Reseal(pool, sealer).run(lambda *_: None)


async def all_readable(orders: Orders, numbers: Sequence[str]) -> None:
    """By a process that has the new key alone."""
    there = Orders(orders.service, NEWEST)
    for number in numbers:
        assert (await there.read.one(number, ADA)).stored.order.receiver.phone == "13800008888"
    (failure,) = (await there.retry.list("open", 10, "")).data
    found = await there.failures.failure(failure.failure_id)
    assert found is not None
    assert documents.unpacked(found[1]) == UNFIT
    (credential,) = await PostgresCredentials(orders.service.pool, NEWEST).live("tees")
    assert credential.app_secret == "secret"


async def test_killed_in_the_middle_it_goes_on_with_the_rest(
    orders: Orders, sealed: Sequence[str], database: Pool, start: Start
) -> None:
    with pytest.raises(NotReady, match="no sealing key of version 1"):
        await all_readable(orders, sealed)
    async with database.acquire() as busy, busy.transaction():
        await busy.execute("SELECT FROM orders WHERE order_no = ANY($1::text[]) FOR UPDATE", sealed[50:120])
        first = start("reseal")

        async def in_the_middle() -> bool:
            return sum((await rows_by_key(orders.service.pool, 2)).values()) == 70 + 1

        await eventually(in_the_middle, f"the others are done; it said {first.said()}", START_SECONDS)
        first.process.kill()
        first.process.wait(10)
    again = start("reseal")

    async def ended() -> bool:
        return again.process.poll() is not None

    await eventually(ended, "it ended", START_SECONDS)
    assert (again.process.returncode, "orders: 70 of 70" in again.said()) == (0, True)
    assert await rows_by_key(orders.service.pool, 2) == {}
    await all_readable(orders, sealed)
    assert sum((await resealed(database)).done.values()) == 0


async def test_what_a_process_with_the_old_key_changes_meanwhile_is_done_the_next_time(
    orders: Orders, sealed: Sequence[str]
) -> None:
    await resealed(orders.service.pool)
    there = Orders(orders.service, BOTH)
    await there.arrives(document(2, order_id="0", remark="later"))
    assert await rows_by_key(orders.service.pool, 2) == {}
    await orders.arrives(document(order_id="new"))
    assert await rows_by_key(orders.service.pool, 2) == {1: 1}
    assert (await resealed(orders.service.pool)).needed == {}
    assert (await there.read.one(sealed[0], ADA)).stored.order.buyer_message == "later"


async def test_a_key_that_is_missing_is_told_and_nothing_is_touched(orders: Orders, sealed: Sequence[str]) -> None:
    before = await orders.service.pool.fetch("SELECT personal FROM orders ORDER BY order_no")
    found = await resealed(orders.service.pool, NEWEST)
    assert (sum(found.done.values()), found.needed) == (0, {1: ORDERS + 3})
    assert await orders.service.pool.fetch("SELECT personal FROM orders ORDER BY order_no") == before


async def test_what_was_altered_is_named_and_stops_no_other(orders: Orders, sealed: Sequence[str]) -> None:
    alter = "UPDATE orders SET document = set_byte(document, 20, 255 - get_byte(document, 20)) WHERE order_no = $1"
    await orders.service.pool.execute(alter, sealed[7])
    found = await resealed(orders.service.pool)
    assert (found.done["orders"], found.needed) == (ORDERS - 1, {1: 1})
    (told,) = found.altered
    assert sealed[7] in told
