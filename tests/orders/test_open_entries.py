"""What warehouses have not answered, as the worker counts it."""

import pytest

from inventory_service.domain.orders.telling import Saying
from inventory_service.ledger.figures import PostgresFigures
from inventory_service.telemetry.books import OpenEntries
from inventory_service.usecases.orders.ports import Answer
from tests.orders.house import Orders, document, line
from tests.usecases.real import scan


async def is_open(orders: Orders) -> dict[str, OpenEntries]:
    return dict((await PostgresFigures(orders.service.pool).figures()).open_entries)


async def test_an_entry_is_open_until_it_is_answered(orders: Orders) -> None:
    began_ms = orders.now_ms
    first = (await orders.takes(document())).order.order_no
    orders.now_ms += 1000
    second = (await orders.takes(document(order_id="2"))).order.order_no
    assert await is_open(orders) == {"SHA": OpenEntries(2, began_ms)}
    await orders.says(first, Saying.ACK)
    assert await is_open(orders) == {"SHA": OpenEntries(1, began_ms + 1000)}
    await orders.says(second, Saying.FAILED)  # a person sees to it
    assert await is_open(orders) == {}


async def test_a_change_is_to_be_answered_anew_and_an_old_answer_does_not_count(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    (entry,) = await orders.told()
    await orders.says(number, Saying.ACK)
    orders.now_ms += 1000
    await orders.takes(document(2, [line(refund="requested")]))
    assert await is_open(orders) == {"SHA": OpenEntries(1, orders.now_ms)}
    await orders.warehouse(Answer("wms", "late", number, "SHA", entry.position, Saying.PICKING))
    assert await is_open(orders) == {"SHA": OpenEntries(1, orders.now_ms)}
    await orders.not_shipped(number)
    assert await is_open(orders) == {}


@pytest.mark.parametrize("scanned", [True, False])
async def test_what_has_left_needs_no_answer(orders: Orders, scanned: bool) -> None:
    """By its scans, or because the platform says so."""
    number = (await orders.takes(document())).order.order_no
    if scanned:
        await orders.service.scans("wms", [scan("s", number, quantity=2)])
    await orders.takes(document(2, [line(fulfilment="shipped")], fulfilment="shipped"))
    assert await is_open(orders) == {}
