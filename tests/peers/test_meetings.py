"""What happens between two statements of one peer, held at that place by a transaction of somebody else."""

import asyncio
import socket
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg
import pytest

from loadtests.peers.__main__ import Name
from tests.acceptance.waiting import eventually
from tests.peers.buyer import Buyer
from tests.peers.conftest import running

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
ON_POSTGRES = (Name.ROW_LOCK, Name.CONDITIONAL_UPDATE, Name.ROW_PER_UNIT)
ORDERS = 400
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'"


def schema_of(name: Name) -> str:
    return "peer_" + name.replace("-", "_")


@pytest.mark.parametrize("name", ON_POSTGRES)
@pytest.mark.parametrize("commits", [True, False])
async def test_the_same_id_in_another_process(
    name: Name, commits: bool, other: Connection, peers_database_url: str, redis_url: str
) -> None:
    """It waits for the other one: if that has the order, nothing is taken."""
    with running(name, peers_database_url, redis_url) as peer:
        async with Buyer(peer.url) as buyer:
            await buyer.stocked(1)
            order = buyer.order()
            inserting = other.transaction()
            await inserting.start()
            await other.execute(
                f"INSERT INTO {schema_of(name)}.reservations VALUES ($1, $2, 1, 'held', now())", order, buyer.sku
            )
            asking = asyncio.create_task(buyer.reserve(order))
            await eventually(lambda: other.fetchval(_WAITING, schema_of(name)), "it waits for the other one")
            await (inserting.commit() if commits else inserting.rollback())
            assert (await asking).status == (200 if commits else 201)
            assert (await buyer.reserve(buyer.order())).status == (201 if commits else 409)


async def test_a_unit_that_another_order_gives_up_is_not_passed_over(
    other: Connection, peers_database_url: str, redis_url: str
) -> None:
    """SKIP LOCKED alone would refuse while somebody who then takes nothing has the last unit."""
    schema = schema_of(Name.ROW_PER_UNIT)
    with running(Name.ROW_PER_UNIT, peers_database_url, redis_url) as peer:
        async with Buyer(peer.url) as buyer:
            await buyer.stocked(1)
            locking = other.transaction()
            await locking.start()
            await other.execute(f"SELECT FROM {schema}.units WHERE sku = $1 FOR UPDATE", buyer.sku)
            asking = asyncio.create_task(buyer.reserve(buyer.order()))
            await eventually(lambda: other.fetchval(_WAITING, schema), "it waits for the other one")
            await locking.rollback()
            assert (await asking).status == 201


async def test_asked_to_end_the_write_behind_writes_what_it_has(
    other: Connection, peers_database_url: str, redis_url: str
) -> None:
    """What it loses, it loses by a kill. None of it is in Postgres when it is asked to end."""
    table = f"{schema_of(Name.REDIS_DECR)}.reservations"
    with running(Name.REDIS_DECR, peers_database_url, redis_url) as peer:
        locking = other.transaction()
        await locking.start()
        await other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        async with Buyer(peer.url) as buyer:
            await buyer.stocked(ORDERS)
            orders = [buyer.order() for _ in range(ORDERS)]
            await asyncio.gather(*(buyer.reserve(order) for order in orders))
            await buyer.act(orders[0], "confirm")
            await buyer.act(orders[1], "release")
        peer.process.terminate()
        await eventually(lambda: asyncio.to_thread(is_closed, peer.url), "it is ending")
        await locking.rollback()
    rows = await other.fetch(f"SELECT status, count(*) FROM {table} WHERE sku = $1 GROUP BY 1", buyer.sku)
    assert dict(map(tuple, rows)) == {"held": ORDERS - 2, "confirmed": 1, "released": 1}


def is_closed(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) != 0
