"""What does not fit is kept apart, what is personal is sealed, masked, and goes when it is asked to."""

from decimal import Decimal

import asyncpg
import pytest

from inventory_service.channels.mapping.loading import loaded
from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.domain.errors import NotReady, Refused
from inventory_service.sealing import KEY_BYTES, Sealer
from inventory_service.usecases.orders import documents
from inventory_service.usecases.orders.arrive import Took
from inventory_service.usecases.orders.ports import OrderFilter, OrderKey
from inventory_service.usecases.orders.read_orders import mask
from inventory_service.usecases.sync import ports as sync
from inventory_service.usecases.sync.adapter import Arrived, Missed, Permanent
from tests.orders.house import ADA, BOB, CHANNEL, SHOP, Orders, document, line

MENDED = b'version = 1\nextends = "generic"\n[order]\npayment = { path = "paid_state" }\n'
UNFIT = document(1, payment="free") | {"paid_state": "paid"}


async def test_what_does_not_fit_is_kept_with_its_reason_and_read_again(orders: Orders) -> None:
    assert (await orders.arrives(UNFIT)).took is Took.FAILED
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert (failure.misfit.field, failure.attempts, failure.key) == ("order.payment", 1, OrderKey(CHANNEL, SHOP, "1"))
    await orders.arrives(document(order_id="2"))  # nothing waits behind it
    assert (await orders.retry.run_once()) == (0, 0, 1, 0)  # it is not due yet
    orders.now_ms = failure.next_try_ms
    assert (await orders.retry.run_once())._asdict() == {"cured": 0, "failed": 1, "settled": 0, "troubled": 0}
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert (failure.attempts, failure.next_try_ms > orders.now_ms + 5_000) == (2, True)

    mended = loaded(MENDED, "shop-1.toml", SHOP)
    orders.mended = DocumentReader(lambda _, __: mended)
    assert (await orders.retry.failure(failure.failure_id)).took is Took.NEW
    assert (await orders.retry.failure(failure.failure_id)).took is Took.UNCHANGED
    assert (await orders.retry.list("open", 10, "")).data == []
    assert await orders.open_units() == {"A": (0, 4)}


async def test_a_failure_ends_with_the_version_that_fits(orders: Orders) -> None:
    await orders.arrives(UNFIT)
    await orders.arrives(UNFIT)
    (failure,) = (await orders.retry.list("", 10, "")).data
    assert failure.attempts == 2
    assert (await orders.arrives(document(2))).took is Took.NEW
    (failure,) = (await orders.retry.list("", 10, "")).data
    assert (failure.state, failure.next_try_ms) == ("cured", 0)
    with pytest.raises(Refused):
        await orders.retry.failure("fail_0000000000000999")


async def test_what_is_no_orders_document_is_fetched_again_and_keeps_its_reason(orders: Orders) -> None:
    """Also where an earlier version was a failure, and is none any more."""
    await orders.arrives(UNFIT)
    await orders.arrives(document(2))
    intake = orders.intake
    row = Missed("1", Permanent("no such trade", "isv"), {"tid": "1"})
    waited_ms = []
    for attempts in (1, 3):
        await intake.missed(CHANNEL, SHOP, row)
        (failure,) = (await orders.retry.list("open", 10, "")).data
        assert (failure.attempts, failure.misfit.reason) == (attempts, "no such trade [isv]")
        waited_ms.append(failure.next_try_ms - orders.now_ms)
        orders.now_ms = failure.next_try_ms
        assert (await orders.retry.run_once()).failed == 1
    assert waited_ms == [5_000, 10_000]
    assert orders.fetched == [OrderKey(CHANNEL, SHOP, "1")] * 2
    await intake.missed(CHANNEL, SHOP, row._replace(row_id=""))
    orders.now_ms += 3_600_000
    assert (await orders.retry.run_once()).failed == 2
    assert orders.fetched == [OrderKey(CHANNEL, SHOP, "1")] * 3
    await orders.arrives(document(3))
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert failure.key.channel_order_id.startswith("?")


@pytest.mark.parametrize("hostile", ["fr\x00ee", "fr\ud800ee", "fr\x1b[31mee\r\n"])
async def test_a_value_that_no_store_holds_is_kept_as_a_failure_and_blocks_nobody(orders: Orders, hostile: str) -> None:
    for unfit in (
        document(payment=hostile),
        document(created_at=hostile),
        document(1, [line() | {"quantity": hostile}]),
    ):
        assert (await orders.arrives({**unfit, "buyer_message": "\x00"})).took is Took.FAILED
        (failure,) = (await orders.retry.list("open", 10, "")).data
        assert failure.misfit.reason.isprintable()


async def test_a_document_at_which_the_service_breaks_stays_a_failure_and_blocks_nobody(orders: Orders) -> None:
    await orders.arrives(UNFIT)
    await orders.arrives(UNFIT | {"order_id": "2"})
    reads = DocumentReader(lambda _, __: loaded(MENDED, "shop-1.toml", SHOP))

    def breaking(channel: str, shop: str, read: object) -> object:
        if isinstance(read, dict) and read["order_id"] == "1":
            raise LookupError("李雷")
        return reads(channel, shop, read)

    orders.read_document = breaking  # type: ignore[assignment]
    orders.now_ms += 3_600_000
    assert (await orders.retry.run_once())._asdict() == {"cured": 1, "failed": 0, "settled": 0, "troubled": 1}
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert failure.misfit == ("document", "", "the service broke at it: LookupError")
    assert (failure.attempts, failure.next_try_ms > orders.now_ms) == (2, True)
    ((what, error),) = orders.broken
    assert (what, type(error)) == (failure.failure_id, LookupError)
    assert await orders.open_units() == {"A": (0, 2)}


async def test_a_document_at_which_the_service_breaks_when_it_arrives_is_a_failure_too(orders: Orders) -> None:
    reads = orders.read_document

    def breaking(channel: str, shop: str, read: object) -> object:
        raise LookupError("李雷")

    orders.read_document = breaking  # type: ignore[assignment]
    arrived = Arrived("1", 1, document())
    assert await orders.intake.arrive(CHANNEL, SHOP, arrived) is sync.Took.FAILED
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert failure.misfit == ("document", "", "the service broke at it: LookupError")
    assert [(what, type(error)) for what, error in orders.broken] == [("1", LookupError)]
    orders.read_document = reads
    orders.now_ms = failure.next_try_ms
    assert (await orders.retry.run_once()).cured == 1


async def test_an_unknown_channel_is_a_failure_too(orders: Orders) -> None:
    arrival = await orders.arrive(OrderKey("ether", SHOP, "1"), 1, document())
    assert arrival.took is Took.FAILED


async def test_nothing_personal_lies_open(orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> None:
    await orders.takes(document())
    await orders.takes(document(2, receiver={"name": "韩梅梅", "phone": "13911112222", "city": "北京市"}))
    await orders.arrives(UNFIT | {"order_id": "2"})
    tables = [
        row["tablename"] for row in await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    kept = ""
    for table in tables:
        kept += "\n".join(row[0] for row in await database.fetch(f"SELECT t::text FROM {table} t"))
    for word in ("李雷", "韩梅梅", "13800008888", "南京路", "buyer-7", "ring twice"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_masked_unless_the_caller_may_see_it_and_then_noted(
    orders: Orders, database: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    number = (await orders.takes(document())).order.order_no
    masked = (await orders.read.one(number, BOB)).stored.order
    assert masked.receiver.phone == "138****8888"
    assert (masked.receiver.name, masked.receiver.city, masked.buyer_message) == ("李****", "上海市", "****")
    assert await database.fetchval("SELECT count(*) FROM order_personal_reads") == 0
    clear = (await orders.read.one(number, ADA)).stored.order
    assert (clear.receiver.phone, clear.buyer_message) == ("13800008888", "ring twice")
    await orders.read.list(OrderFilter(), 10, "", ADA)
    reads = await database.fetch("SELECT client, order_no, at_ms FROM order_personal_reads")
    assert [tuple(read) for read in reads] == [("ada", number, orders.now_ms)] * 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [("13800008888", "138****8888"), ("李雷", "李****"), ("x", "****"), ("", ""), ("1234567890", "1****")],
)
def test_mask(text: str, shown: str) -> None:
    assert mask(text) == shown


async def test_erased_for_good(orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.arrives(UNFIT | {"order_id": "2"})
    await orders.takes(document(order_id="3", buyer_id="buyer-8"))
    assert await orders.erase(CHANNEL, "buyer-7", "ann") == (1, 1)
    assert await orders.erase(CHANNEL, "buyer-7", "ann") == (0, 0)
    assert (await orders.arrives(document(2))).took is Took.CHANGED
    assert (await orders.arrives(document(2))).took is Took.UNCHANGED  # nobody asks whether that is the same receiver
    found = await orders.read.one(number, ADA)
    assert (found.stored.order.receiver.phone, found.stored.order.buyer_reference) == ("", "")
    assert found.stored.erased_ms == orders.now_ms
    assert [entry.kind for entry in found.history][-1] in {"erased", "changed"}
    assert await orders.open_units() == {"A": (0, 4)}  # what was sold stays sold
    row = await database.fetchrow("SELECT personal, document, customer FROM orders WHERE order_no = $1", number)
    assert row
    assert tuple(row) == (None, None, "")


async def test_lists_have_filters_and_pages(orders: Orders) -> None:
    for number in range(3):
        orders.now_ms += 1
        await orders.takes(document(order_id=str(number), lines=[line(quantity=1, sku="AB"[number % 2])]))
    first = await orders.read.list(OrderFilter(channel=CHANNEL, shop=SHOP, payment="paid"), 2, "", BOB)
    rest = await orders.read.list(OrderFilter(fulfilment="open"), 2, first.next_cursor, BOB)
    ids = [stored.order.channel_order_id for page in (first, rest) for stored in page.data]
    assert (ids, rest.next_cursor) == (["2", "1", "0"], "")
    for wanted in (OrderFilter(sku="B"), OrderFilter(channel_order_id="1")):
        assert len((await orders.read.list(wanted, 10, "", BOB)).data) == 1
    for nothing in (OrderFilter(channel="x"), OrderFilter(case="oversold"), OrderFilter(payment="unpaid")):
        assert (await orders.read.list(nothing, 10, "", BOB)).data == []
    with pytest.raises(Refused):
        await orders.read.list(OrderFilter(), 10, "nonsense", BOB)
    with pytest.raises(Refused):
        await orders.read.one("nobody", BOB)


async def test_a_history_is_told_and_never_changed(orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> None:
    await orders.takes(document(payment="unpaid"))
    number = (await orders.takes(document(2))).order.order_no
    history = (await orders.read.one(number, BOB)).history
    assert [entry.kind for entry in history] == ["arrived", "reserve", "changed", "confirm", "told"]
    assert {"field": "payment", "before": "unpaid", "after": "paid"} in history[2].detail["changes"]  # type: ignore[operator]
    for change in ("UPDATE order_history SET kind = ''", "DELETE FROM order_history"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await database.execute(change)


async def test_without_a_key_it_says_which_is_missing(orders: Orders) -> None:
    without = Orders(orders.service, None)
    with pytest.raises(NotReady, match="INVENTORY_SEALING_KEYS"):
        await without.arrives(document())
    with pytest.raises(NotReady, match="INVENTORY_SEALING_KEYS"):
        await without.read.list(OrderFilter(), 10, "", BOB)


async def test_what_another_key_sealed_is_not_lost_and_blocks_nothing(orders: Orders) -> None:
    first = await orders.arrives(document())
    await orders.arrives(UNFIT | {"order_id": "2"})
    other = Orders(orders.service, Sealer({2: bytes(KEY_BYTES)}))
    second = await other.arrives(document(order_id="3"))
    other.now_ms += 3_600_000
    assert (await other.retry.run_once())._asdict() == {"cured": 0, "failed": 0, "settled": 1, "troubled": 2}
    assert await orders.book.due(other.now_ms, 10) == []
    both = Orders(orders.service, Sealer({1: bytes(KEY_BYTES), 2: bytes(KEY_BYTES)}))
    for arrival in (first, second):
        assert (await both.settle(arrival.order_no)).work.case.code == ""
    assert await orders.open_units() == {"A": (0, 4)}


def test_documents_keep_what_they_hold() -> None:
    told = {"price": Decimal("12.30"), "id": 2**70, "lines": [None, True, {"n": Decimal("1E+2")}], "text": "a\0\ud800"}
    assert documents.unpacked(documents.packed(told)) == told


async def test_a_mapping_that_takes_another_id_makes_no_second_order(orders: Orders) -> None:
    await orders.takes(document())
    other = b'version = 1\nextends = "generic"\n[order]\nchannel_order_id.path = "number"\n'
    orders.read_document = DocumentReader(lambda _, __: loaded(other, "shop-1.toml", SHOP))
    assert (await orders.arrives(document(2, number="A-1"))).took is Took.FAILED
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert failure.misfit.field == "order.channel_order_id"
    assert await orders.open_units() == {"A": (0, 2)}
