"""Whoever asks to be forgotten is: nothing that names him is left anywhere, and nothing of it comes back."""

import asyncio

import asyncpg
import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.orders.telling import Saying
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.orders.buyers import digest_without_key
from inventory_service.ledger.orders.summaries import PostgresSummaries
from inventory_service.ledger.reseal import Reseal
from inventory_service.ledger.run_book import PostgresRunBook
from inventory_service.sealing import KEY_BYTES, Sealer
from inventory_service.usecases.orders.arrive import Took
from inventory_service.usecases.orders.ports import Answer, StoredOrder
from inventory_service.usecases.sync.ports import RunKind, RunOrder
from inventory_service.usecases.sync.watermark import Window
from tests.orders.house import ADA, CHANNEL, SHOP, Orders, document

PHONE = "13512345678"  # what a guess would find
NAMES = ("李雷", "13800008888", "南京路", PHONE, "ring twice", "李雷的邻居")
NEWER = Sealer({1: bytes(KEY_BYTES), 2: b"k" * KEY_BYTES})
BEHIND_MS = 60_000


def of_buyer(order_id: str = "1", version: int = 1, **fields: object) -> dict[str, object]:
    return document(version, order_id=order_id) | {"buyer_id": PHONE} | fields


async def dump(orders: Orders, *but: str) -> str:
    """Every row of every table."""
    pool = orders.service.pool
    tables = [
        row["tablename"] for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    rows = [
        row[0] for table in tables if table not in but for row in await pool.fetch(f"SELECT t::text FROM {table} t")
    ]
    return "\n".join(rows)


async def open_seals(orders: Orders) -> int:
    """Sealed things of orders that are kept."""
    sql = """SELECT (SELECT count(*) FROM orders WHERE personal IS NOT NULL OR document IS NOT NULL)
        + (SELECT count(*) FROM order_failures WHERE document IS NOT NULL)
        + (SELECT count(*) FROM outbound_answers WHERE sealed_note IS NOT NULL)"""
    return int(await orders.service.pool.fetchval(sql))


async def digest_of(orders: Orders, order_no: str) -> str | None:
    sql = "SELECT buyer_digest FROM orders WHERE order_no = $1"
    digest: str | None = await orders.service.pool.fetchval(sql, order_no)
    return digest


async def lived(orders: Orders) -> StoredOrder:
    """An order that left its traces wherever one can."""
    number = (await orders.takes(of_buyer())).order.order_no
    await orders.says(number, Saying.PICKING, note="李雷的邻居 takes it in")
    await orders.arrives(of_buyer("2", payment="free"))
    await orders.arrives(document(3, payment="free", buyer_id=""))  # a version that does not say whose it is
    pool = orders.service.pool
    runs, hints = PostgresRunBook(pool), PostgresHintBook(pool)
    run = await runs.open(SHOP, RunKind.BACKFILL, Window(0, 1000), "desk", 1)
    (summary,) = (await PostgresSummaries(pool).known(CHANNEL, SHOP, ["1"])).values()
    told = [RunOrder("1", "new", 0, {"customer": summary.customer})]
    await runs.settle(run.run_id, [*told, RunOrder("2", "failed", 0, {"reason": "no such order of 李雷"})])
    await hints.note(SHOP, ["1", "2"], 1)
    return (await orders.read.one(number, ADA)).stored


async def test_nothing_that_names_him_is_left_and_the_books_are(orders: Orders) -> None:
    stored = await lived(orders)
    digest = await digest_of(orders, stored.order.order_no)
    assert digest
    before = await dump(orders, "shop_run_orders")
    for word in NAMES:
        assert word not in before
        assert word.encode().hex() not in before
    assert await orders.erase(CHANNEL, PHONE, "ann") == (1, 2)
    left = await dump(orders)
    for word in (*NAMES, digest_without_key(CHANNEL, PHONE)):
        assert word not in left
        assert word.encode().hex() not in left
    assert digest not in await dump(orders, "erased_buyers")
    assert await open_seals(orders) == 0
    now = (await orders.read.one(stored.order.order_no, ADA)).stored
    kept = now.order._replace(
        **{name: getattr(stored.order, name) for name in ("receiver", "buyer_reference", "buyer_message")}
    )
    assert (kept, now.erased_ms) == (stored.order, orders.now_ms)
    assert await orders.open_units() == {"A": (0, 2)}
    assert {each.state for each in (await orders.retry.list("", 10, "")).data} == {"erased"}


async def test_a_backfill_brings_nothing_back_and_a_new_order_is_one_like_any_other(orders: Orders) -> None:
    number = (await orders.takes(of_buyer())).order.order_no
    assert await orders.erase(CHANNEL, PHONE, "ann") == (1, 0)
    for version in (1, 2):
        await orders.arrives(of_buyer(version=version))
    missed = await orders.arrives(of_buyer("7"))  # placed before, and never seen until now
    await orders.arrives(document(9, order_id="7", payment="free", buyer_id=""))
    assert await open_seals(orders) == 0
    found = await orders.read.one(missed.order_no, ADA)
    assert (found.stored.order.receiver.phone, found.stored.erased_ms) == ("", orders.now_ms)
    assert [entry.kind for entry in found.history][:2] == ["arrived", "erased"]
    assert (await orders.read.one(number, ADA)).stored.order.times.modified_ms == orders.now_ms + 2000
    for word in NAMES:
        assert word not in await dump(orders)

    later = await orders.takes(of_buyer("8", 30, created_at="2026-11-11T00:00:20Z"))
    assert later.order.receiver.phone == "13800008888"
    orders.now_ms += BEHIND_MS
    assert await orders.erase(CHANNEL, PHONE, "ann") == (1, 0)
    assert await open_seals(orders) == 0


async def test_one_that_turns_out_to_be_his_loses_what_was_kept(orders: Orders) -> None:
    number = (await orders.takes(of_buyer(buyer_id=""))).order.order_no
    await orders.takes(of_buyer("2"))
    await orders.erase(CHANNEL, PHONE, "ann")
    assert await open_seals(orders) == 1
    assert (await orders.arrives(of_buyer(version=2))).took is Took.CHANGED
    assert await open_seals(orders) == 0
    assert (await orders.read.one(number, ADA)).stored.erased_ms > 0


async def test_his_orders_that_arrive_at_the_same_moment_are_his(orders: Orders) -> None:
    for turn in range(3):
        buyer = f"{PHONE}{turn}"
        arriving = [orders.arrives(of_buyer(f"{turn}-{each}", buyer_id=buyer)) for each in range(12)]
        await asyncio.gather(*arriving[:6], orders.erase(CHANNEL, buyer, "ann"), *arriving[6:])
    assert await open_seals(orders) == 0


async def test_an_answer_that_is_repeated_is_the_same_although_its_note_is_gone(orders: Orders) -> None:
    stored = await orders.takes(of_buyer())
    entry = (await orders.told())[-1]
    answer = Answer("wms", "a1", stored.order.order_no, "SHA", entry.position, Saying.PICKING, note="李雷的邻居")
    assert (await orders.warehouse(answer)).result == "noted"
    assert (await orders.warehouse(answer)).result == "replayed"
    with pytest.raises(Refused):
        await orders.warehouse(answer._replace(note="another"))
    await orders.erase(CHANNEL, PHONE, "ann")
    assert (await orders.warehouse(answer)).result == "replayed"
    with pytest.raises(Refused):
        await orders.warehouse(answer._replace(saying=Saying.SHIPPED))
    await orders.warehouse(answer._replace(answer_id="a2"))
    assert await open_seals(orders) == 0


async def test_a_failure_is_his_where_his_reference_stands_as_a_word(orders: Orders) -> None:
    for order_id, buyer in (("1", "小明"), ("2", "小明明"), ("3", "buyer-77")):
        await orders.arrives(document(order_id=order_id, payment="free", buyer_id=buyer))
    assert await orders.erase(CHANNEL, "小明", "ann") == (0, 1)
    assert await orders.erase(CHANNEL, "buyer-7", "ann") == (0, 0)
    assert {each.key.channel_order_id for each in (await orders.retry.list("open", 10, "")).data} == {"2", "3"}


async def test_an_answer_is_append_only_but_for_its_note(orders: Orders) -> None:
    await lived(orders)
    for change in ("UPDATE outbound_answers SET word = ''", "DELETE FROM outbound_answers"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await orders.service.pool.execute(change)


async def test_a_buyer_is_found_after_every_key_was_changed(orders: Orders) -> None:
    number = (await orders.takes(of_buyer())).order.order_no
    before = await digest_of(orders, number)
    assert before not in {None, "", digest_without_key(CHANNEL, PHONE)}
    assert (await Reseal(orders.service.pool, NEWER).run(lambda *_: None)).needed == {}
    there = Orders(orders.service, Sealer({2: b"k" * KEY_BYTES}))
    other = (await there.takes(of_buyer("2"))).order.order_no
    assert await digest_of(orders, other) == before
    assert await there.erase(CHANNEL, PHONE, "ann") == (2, 0)


async def test_what_the_version_before_kept_is_found_and_replaced(orders: Orders) -> None:
    first = (await orders.takes(of_buyer())).order.order_no
    second = (await orders.takes(of_buyer("2"))).order.order_no
    await orders.says(first, Saying.PICKING)
    pool, guessable = orders.service.pool, digest_without_key(CHANNEL, PHONE)
    await pool.execute("UPDATE orders SET buyer_digest = '', customer = $1", guessable)
    await pool.execute("UPDATE outbound_answers SET note = 'for 李雷'")
    assert (await Reseal(pool, NEWER).run(lambda *_: None)).needed == {}
    left = await dump(orders)
    assert guessable not in left
    assert "李雷" not in left
    assert await digest_of(orders, first) == await digest_of(orders, second)
    await pool.execute("UPDATE orders SET buyer_digest = '', customer = $1 WHERE order_no = $2", guessable, second)
    assert await Orders(orders.service, NEWER).erase(CHANNEL, PHONE, "ann") == (2, 0)


async def test_orders_that_came_without_the_key_of_digests_are_not_overlooked(orders: Orders) -> None:
    await orders.takes(of_buyer())
    without = Orders(orders.service, Sealer({2: b"k" * KEY_BYTES}))
    arrival = await without.arrives(of_buyer("2"))
    assert await digest_of(orders, arrival.order_no) is None
    with pytest.raises(NotReady, match="no sealing key of version 1"):
        await without.erase(CHANNEL, PHONE, "ann")
    there = Orders(orders.service, NEWER)
    with pytest.raises(NotReady, match="inventory-service reseal"):
        await there.erase(CHANNEL, PHONE, "ann")
    assert (await Reseal(orders.service.pool, NEWER).run(lambda *_: None)).needed == {}
    assert await there.erase(CHANNEL, PHONE, "ann") == (2, 0)
