"""Documents of refunds that arrive beside their order's."""

import pytest

from inventory_service.channels.mapping.loading import loaded
from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.usecases.orders import documents
from inventory_service.usecases.orders.ports import Misfit, Misread, OrderKey, refund_key
from inventory_service.usecases.sync.adapter import Refund
from inventory_service.usecases.sync.ports import Took
from tests.orders.house import BOB, CHANNEL, SHOP, Orders, can_leave, document

KEY = OrderKey(CHANNEL, SHOP, "1")


def refund(version: int, state: str = "succeeded", **fields: object) -> dict[str, object]:
    at = f"2026-11-11T00:00:{version:02}Z"
    return {"refund_id": "r1", "order_id": "1", "line_id": "a", "state": state, "modified_at": at, **fields}


async def test_units_are_counted_once_and_told_in_its_history(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    asked = refund(2, "requested", quantity=1)
    granted = refund(3, quantity=1)
    took = [(await orders.refund(KEY, each)).took for each in (asked, granted, asked, granted)]
    assert took == ["changed", "changed", "unchanged", "unchanged"]
    await orders.settle(number)
    assert await orders.open_units() == {"A": (0, 2)}
    stored = await orders.not_shipped(number)
    assert (await orders.open_units(), can_leave(stored)) == ({"A": (0, 1)}, {"a": 1})
    history = [each for each in (await orders.read.one(number, BOB)).history if each.kind == "refund"]
    assert [each.detail["changes"] for each in history] == [
        [{"field": "refund", "before": "none", "after": "requested", "line_id": "a"}],
        [
            {"field": "refund", "before": "requested", "after": "succeeded", "line_id": "a"},
            {"field": "refunded", "after": "1", "line_id": "a"},
        ],
    ]


async def test_a_newer_order_that_tells_of_no_refund_lets_nothing_leave(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.refund(KEY, refund(2, "requested"))
    assert can_leave(await orders.settle(number)) == {}
    assert can_leave(await orders.takes(document(3, remark="by Friday"))) == {}
    await orders.refund(KEY, refund(4, "succeeded"))  # of how many units, nobody says
    assert can_leave(await orders.takes(document(5))) == {}
    await orders.refund(KEY, refund(6, "succeeded", quantity=1))
    await orders.settle(number)
    assert can_leave(await orders.not_shipped(number)) == {"a": 1}


async def test_an_erased_order_stays_erased(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.erase(CHANNEL, "buyer-7", "ann")
    assert (await orders.refund(KEY, refund(2, quantity=1))).took == "changed"
    assert (await orders.read.one(number, BOB)).stored.order.buyer_reference == ""


async def test_one_that_does_not_fit_is_a_failure_until_it_does(orders: Orders) -> None:
    await orders.takes(document())
    intake = orders.intake
    unfit = Refund("r1", "1", 2, refund(2, quantity="some"))
    assert await intake.refund(CHANNEL, SHOP, unfit) is Took.FAILED
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert (failure.misfit.field, failure.misfit.path, failure.key) == (
        "refund_line.units",
        "quantity",
        refund_key(KEY, "r1"),
    )
    with pytest.raises(Misread):
        await orders.refund(KEY, unfit.document)
    await orders.takes(document(3))
    orders.now_ms = failure.next_try_ms
    assert (await orders.retry.run_once()).failed == 1
    assert await intake.refund(CHANNEL, SHOP, Refund("r1", "1", 4, refund(4))) is Took.CHANGED
    assert (await orders.retry.list("open", 10, "")).data == []


async def test_one_of_an_order_that_cannot_be_read_waits_for_it(orders: Orders) -> None:
    """The order tells of no refund, and a poll looks back for minutes: nothing of it may leave once it can be read."""
    intake = orders.intake
    unfit = document(1, payment="free") | {"paid_state": "paid"}
    await orders.arrives(unfit)
    asked = Refund("r1", "1", 2, refund(2, "requested"))
    assert await intake.refund(CHANNEL, SHOP, asked) is Took.FAILED
    orders.now_ms += 3_600_000
    assert (await orders.retry.run_once()).failed == 2  # the order, and the refund without it
    mended = loaded(b'version = 1\nextends = "generic"\n[order]\npayment.path = "paid_state"\n', "s.toml", SHOP)
    orders.read_document = DocumentReader(lambda _, __: mended)
    orders.now_ms += 3_600_000
    await orders.retry.run_once()
    assert (await orders.retry.list("open", 10, "")).data == []
    assert (await orders.open_units(), await orders.told()) == ({"A": (0, 2)}, [])
    await intake.refund(CHANNEL, SHOP, Refund("r1", "1", 3, refund(3, "closed")))
    await orders.retry.run_once()
    assert [each.kind for each in await orders.told()] == ["ship"]


async def test_one_that_was_kept_while_its_order_arrived_is_taken_by_the_retry(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    misfit, packed = Misfit("document", "", "no order"), documents.packed(refund(2, "requested"))
    await orders.failures.keep(refund_key(KEY, "r1"), 2, misfit, packed, (orders.now_ms, orders.now_ms + 5_000))
    (failure,) = (await orders.retry.list("open", 10, "")).data
    assert (await orders.retry.failure(failure.failure_id)).took == "changed"
    assert can_leave(await orders.settle(number)) == {}
    assert [each.kind for each in await orders.told()] == ["ship", "cancel"]


async def test_one_that_does_not_fit_goes_with_its_customer(orders: Orders) -> None:
    await orders.takes(document())
    intake = orders.intake
    await intake.refund(CHANNEL, SHOP, Refund("r1", "1", 2, refund(2, quantity="some")))
    assert await orders.erase(CHANNEL, "buyer-7", "ann") == (1, 1)
    await intake.refund(CHANNEL, SHOP, Refund("r2", "1", 2, refund(2, quantity="some")))
    assert (await orders.retry.list("open", 10, "")).data == []
