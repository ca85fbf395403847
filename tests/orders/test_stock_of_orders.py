"""What an order does to the stock, from its first document to its last."""

from typing import Any

import pytest

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.orders.stock_side import Hold, Part
from inventory_service.domain.orders.telling import Saying
from inventory_service.usecases.orders.arrive import Took
from inventory_service.usecases.orders.ports import SkuCode
from inventory_service.usecases.requests import ReserveRequest
from tests.orders.house import CHANNEL, SHOP, Orders, can_leave, document, line
from tests.usecases.real import request, scan

UNPAID: dict[str, Any] = {"payment": "unpaid"}
CANCELLED: dict[str, Any] = {"payment": "refunded", "fulfilment": "cancelled"}


async def test_held_paid_and_shipped(orders: Orders) -> None:
    held = await orders.takes(document(**UNPAID))
    assert await orders.open_units() == {"A": (2, 0)}
    paid = await orders.takes(document(2))
    assert paid.order.order_no == held.order.order_no
    assert await orders.open_units() == {"A": (0, 2)}
    assert can_leave(paid) == {"a": 2}
    (result,) = await orders.service.scans("wms", [scan("s", order_ref=paid.order.order_no, quantity=2)])
    assert result.code == ""
    await orders.takes(document(3, [line(fulfilment="shipped")], fulfilment="shipped"))
    assert (await orders.service.counters("A"))[0] == 8


async def test_repeats_and_old_versions_change_nothing(orders: Orders) -> None:
    await orders.takes(document(2))
    seen = [(await orders.arrives(document(version))).took for version in (2, 1, 2)]
    assert seen == [Took.UNCHANGED] * 3
    assert await orders.book.due(orders.now_ms, 10) == []
    assert await orders.open_units() == {"A": (0, 2)}


async def test_paid_after_the_hold_ended_takes_the_stock_again(orders: Orders) -> None:
    orders.hold_seconds = 0
    await orders.takes(document(**UNPAID))
    assert await orders.open_units() == {}
    assert (await orders.takes(document(2))).work.side.hold is Hold.CONFIRMED
    assert await orders.open_units() == {"A": (0, 2)}


async def test_paid_after_the_hold_ended_and_sold_elsewhere_is_oversold(orders: Orders) -> None:
    orders.hold_seconds = 0
    unpaid = await orders.takes(document(**UNPAID))
    await orders.service.reserve(_units_of_a(10))
    await orders.service.stock_up("A", "PEK", 1)
    sold = await orders.takes(document(2))
    assert (sold.work.case.code, sold.work.side.attempt) == ("oversold", unpaid.work.side.attempt)
    source = {"warehouse": "PEK", "available": 1, "incoming": 0}
    missing = {"sku": "A", "requested": 2, "available": 1, "reason": "not_enough", "sources": [source]}
    assert sold.work.case.detail == {"missing": [missing]}
    assert can_leave(sold) == {}
    await orders.service.stock_up("A", "GZG", 5)
    orders.now_ms = sold.work.next_try_ms
    assert (await orders.retry.run_once()).settled == 1
    cured = await orders.settle(sold.order.order_no)
    assert (cured.work.case.code, cured.work.side.hold, can_leave(cured)) == ("", Hold.CONFIRMED, {"a": 2})


async def test_an_edit_before_picking_is_one_amendment(orders: Orders) -> None:
    first = await orders.takes(document())
    number = first.order.order_no
    fewer = await orders.takes(document(2, [line(quantity=1)]))
    assert (await orders.open_reservations(number), fewer.work.side.attempt) == ([number], 0)
    assert await orders.open_units() == {"A": (0, 1)}
    more = await orders.takes(document(3, [line(quantity=10), line("b", "B", 1)]))
    assert await orders.open_reservations(number) == [f"{number}.1"]
    assert await orders.open_units() == {"A": (0, 10), "B": (0, 1)}
    assert can_leave(more) == {"a": 10, "b": 1}


async def test_another_article_in_the_same_line_is_an_amendment_too(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    other = await orders.takes(document(2, [line(sku="B")]))
    assert (await orders.open_units(), can_leave(other)) == ({"B": (0, 2)}, {"a": 2})
    assert await orders.open_reservations(number) == [f"{number}.1"]
    assert [(each.kind, each.units) for each in await orders.told()] == [("ship", (("A", 2),)), ("change", (("B", 2),))]
    unmapped = await orders.takes(document(3, [line(sku="SET")]))
    assert (unmapped.work.case.code, await orders.open_units()) == ("unknown_sku", {})
    await orders.skus.put(SkuCode(CHANNEL, "", "SET", [Part("A", 1), Part("B", 1)]), "ann")
    assert await orders.open_units() == {"A": (0, 2), "B": (0, 2)}
    await orders.skus.put(SkuCode(CHANNEL, "", "SET", [Part("A", 3)]), "ann")
    await orders.settle(number)
    assert await orders.open_units() == {"A": (0, 2), "B": (0, 2)}  # a code that means something else is no edit


async def test_another_article_after_picking_is_for_a_person(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.says(number, Saying.PICKING)
    assert (await orders.takes(document(2, [line(sku="B")]))).work.case.code == "edited_after_picking"
    assert await orders.open_units() == {"A": (0, 2)}


async def test_an_increase_that_cannot_be_had_changes_nothing(orders: Orders) -> None:
    await orders.service.reserve(_units_of_a(7))
    number = (await orders.takes(document())).order.order_no
    refused = await orders.takes(document(2, [line(quantity=4)]))
    assert (refused.work.case.code, can_leave(refused)) == ("amendment_refused", {})
    assert await orders.open_units() == {"A": (7, 2)}
    assert await orders.open_reservations(number) == [f"{number}.1"]
    assert await orders.settle(number) == refused  # not asked for again at once
    less = await orders.takes(document(3, [line(quantity=3)]))
    assert (less.work.case.code, can_leave(less)) == ("", {"a": 3})
    assert await orders.open_units() == {"A": (7, 3)}


async def test_an_increase_of_what_is_paid_is_had_once_there_is_stock_for_it(orders: Orders) -> None:
    await orders.service.reserve(_units_of_a(7))
    number = (await orders.takes(document())).order.order_no
    refused = await orders.takes(document(2, [line(quantity=4)]))
    orders.now_ms = refused.work.next_try_ms
    again = await orders.settle(number)
    assert (again.work.side.attempt, again.work.case.code) == (
        1,
        "amendment_refused",
    )  # there is none, so none is tried
    assert again.work.next_try_ms > orders.now_ms + 5_000
    await orders.service.release("rival", "desk", [LineRequest("A", 1)], "one", "one")
    orders.now_ms = again.work.next_try_ms
    assert (await orders.retry.run_once()).settled == 1
    cured = await orders.settle(number)
    assert (cured.work.case.code, can_leave(cured)) == ("", {"a": 4})
    assert await orders.open_units() == {"A": (6, 4)}


async def test_an_unpaid_hold_is_not_renewed_by_asking_again(orders: Orders) -> None:
    await orders.service.reserve(_units_of_a(7))
    number = (await orders.takes(document(**UNPAID))).order.order_no
    refused = await orders.takes(document(2, [line(quantity=4)], **UNPAID))
    await orders.service.release("rival", "desk", (), "", "free")
    orders.now_ms += 3_600_000
    await orders.retry.run_once()
    assert await orders.settle(number) == refused


async def test_a_code_that_is_mapped_once_there_is_no_stock_is_had_when_it_comes(orders: Orders) -> None:
    await orders.service.reserve(_units_of_a(8))
    waiting = await orders.takes(document(1, [line(), line("b", "SET", 1)]))
    await orders.skus.put(SkuCode(CHANNEL, "", "SET", [Part("A", 2)]), "ann")
    refused = await orders.settle(waiting.order.order_no)
    assert (refused.work.case.code, await orders.open_units()) == ("amendment_refused", {"A": (8, 2)})
    await orders.service.stock_up("A", "GZG", 5)
    orders.now_ms = refused.work.next_try_ms
    await orders.retry.run_once()
    cured = await orders.settle(waiting.order.order_no)
    assert (cured.work.case.code, can_leave(cured)) == ("", {"a": 2, "b": 1})
    assert {each.kind for each in await orders.told()} == {"ship"}
    history = [entry.kind for entry in await orders.reader.history(waiting.order.order_no)]
    assert history.count("amend") == 2


async def test_paid_after_a_refused_increase_it_keeps_what_was_held(orders: Orders) -> None:
    await orders.service.reserve(_units_of_a(7))
    await orders.takes(document(**UNPAID))
    await orders.takes(document(2, [line(quantity=4)], **UNPAID))
    paid = await orders.takes(document(3, [line(quantity=4)]))
    assert (paid.work.case.code, paid.work.side.hold, can_leave(paid)) == ("amendment_refused", Hold.CONFIRMED, {})
    assert await orders.open_units() == {"A": (7, 2)}
    assert await orders.settle(paid.order.order_no) == paid
    less = await orders.takes(document(4, [line(quantity=3)]))
    assert (less.work.case.code, can_leave(less)) == ("", {"a": 3})


async def test_another_address_allocates_anew(orders: Orders) -> None:
    await orders.service.stock_up("A", "PEK", 10)
    stored = await orders.takes(document())
    moved = await orders.takes(document(2, receiver={"province": "北京市", "phone": "13900000000"}))
    assert moved.work.side.attempt == stored.work.side.attempt + 1
    assert len(await orders.open_reservations(stored.order.order_no)) == 1
    again = await orders.takes(document(3, receiver={"province": "北京", "phone": "13900000001"}))
    # Spelled otherwise, and another phone: nothing to allocate.
    assert (again.work.side.attempt, again.work.number) == (moved.work.side.attempt, moved.work.number)


async def test_after_picking_an_edit_is_for_a_person(orders: Orders) -> None:
    stored = await orders.takes(document())
    await orders.says(stored.order.order_no, Saying.PICKING)
    edited = await orders.takes(document(2, [line(quantity=3)]))
    assert edited.work.case.code == "edited_after_picking"
    assert await orders.open_units() == {"A": (0, 2)}


async def test_a_parcel_that_left_before_anybody_said_so_ends_an_amendment(orders: Orders) -> None:
    stored = await orders.takes(document())
    await orders.service.scans("wms", [scan("s", stored.order.order_no)])
    edited = await orders.takes(document(2, [line(quantity=3)]))
    assert (edited.work.case.code, edited.work.side.attempt) == ("edited_after_picking", 0)
    assert await orders.open_units() == {"A": (0, 1)}


async def test_said_not_to_have_left_and_scanned_it_is_given_back_no_more(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.takes(document(2, **CANCELLED))
    await orders.service.scans("wms", [scan("s", number, quantity=2)])
    stored = await orders.says(number, Saying.NOT_SHIPPED)
    assert (stored.work.case.code, stored.work.step) == ("shipped_in_part", None)
    assert await orders.book.due(orders.now_ms, 10) == []


async def test_scanned_without_being_told_it_is_given_back_no_more(orders: Orders) -> None:
    number = (await orders.takes(document(payment="deposit_paid"))).order.order_no
    await orders.service.scans("wms", [scan("s", number, quantity=2)])
    stored = await orders.takes(document(2, **CANCELLED))
    assert (stored.work.case.code, stored.work.step) == ("", None)
    assert await orders.book.due(orders.now_ms, 10) == []


async def test_more_refunded_than_is_left_to_ship_is_for_a_person(orders: Orders) -> None:
    number = (await orders.takes(document(1, [line(quantity=3)]))).order.order_no
    await orders.service.scans("wms", [scan("s", number, quantity=2)])
    two = line(quantity=3, refund="succeeded", refunded_quantity=2)
    await orders.takes(document(2, [two], payment="part_refunded"))
    stored = await orders.says(number, Saying.NOT_SHIPPED)
    assert (stored.work.case.code, stored.work.step) == ("shipped_in_part", None)
    assert await orders.open_units() == {"A": (0, 1)}
    assert await orders.book.due(orders.now_ms, 10) == []


async def test_cancelled_after_the_warehouse_was_told(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    asked = await orders.takes(document(2, [line(refund="requested")]))
    assert can_leave(asked) == {}
    await orders.takes(document(3, [line(refund="succeeded", fulfilment="cancelled")], **CANCELLED))
    assert await orders.open_units() == {"A": (0, 2)}
    for _ in range(2):
        await orders.not_shipped(number)
    assert await orders.open_units() == {}
    reopened = await orders.takes(document(4))
    assert await orders.open_reservations(number) == [f"{number}.1"]
    assert can_leave(reopened) == {"a": 2}


async def test_after_shipping_nothing_is_released(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.says(number, Saying.SHIPPED)
    await orders.takes(document(2, **CANCELLED))
    assert await orders.open_units() == {"A": (0, 2)}


async def test_what_left_after_its_release_is_for_a_person(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.takes(document(2, **CANCELLED))
    await orders.not_shipped(number)
    heard = await orders.says(number, Saying.SHIPPED)
    assert heard.work.case.code == "shipped_after_release"
    assert (await orders.settle(number)).work.case.code == "shipped_after_release"


async def test_a_refund_of_units_gives_them_back_and_one_of_money_nothing(orders: Orders) -> None:
    part = {"payment": "part_refunded"}
    await orders.takes(document())
    money = await orders.takes(document(2, [line(refund="succeeded", refunded_quantity=0)], **part))
    assert (await orders.open_units(), can_leave(money)) == ({"A": (0, 2)}, {"a": 2})
    asked = await orders.takes(document(3, [line(refund="succeeded", refunded_quantity=1)], **part))
    assert await orders.open_units() == {"A": (0, 2)}
    units = await orders.not_shipped(asked.order.order_no)
    assert (await orders.open_units(), can_leave(units)) == ({"A": (0, 1)}, {"a": 1})


async def test_a_bundle_and_an_unknown_code_join_once_they_are_mapped(orders: Orders) -> None:
    waiting = await orders.takes(document(1, [line(), line("b", "SET", 3)]))
    assert (waiting.work.case.code, waiting.work.case.detail) == ("unknown_sku", {"lines": ["b"]})
    (todo,) = (await orders.skus.list("", "", True, 10, "")).data
    assert (todo.code, todo.title, todo.orders) == ("SET", "Tee", 1)
    assert await orders.open_units() == {"A": (0, 2)}
    await orders.skus.put(SkuCode(CHANNEL, "", "SET", [Part("A", 1), Part("B", 2)]), "ann")
    assert await orders.open_units() == {"A": (0, 5), "B": (0, 6)}
    stored = await orders.settle(waiting.order.order_no)
    assert (stored.work.case.code, can_leave(stored)) == ("", {"a": 2, "b": 3})
    assert (await orders.skus.list("", "", True, 10, "")).data == []
    (mapped,) = (await orders.skus.list(CHANNEL, "", False, 10, "")).data
    assert mapped.parts == [Part("A", 1), Part("B", 2)]


async def test_a_shops_own_meaning_comes_first(orders: Orders) -> None:
    await orders.skus.put(SkuCode(CHANNEL, "", "SET", [Part("A", 1)]), "ann")
    await orders.skus.put(SkuCode(CHANNEL, SHOP, "SET", [Part("B", 1)]), "ann")
    await orders.takes(document(1, [line("b", "SET", 3)]))
    assert await orders.open_units() == {"B": (0, 3)}


async def test_released_by_hand_it_is_held_anew(orders: Orders) -> None:
    number = (await orders.takes(document(**UNPAID))).order.order_no
    await orders.service.release(number, "desk", (), "", "by-hand")
    await orders.takes(document(2))
    assert await orders.open_reservations(number) == [f"{number}.1"]
    assert await orders.open_units() == {"A": (0, 2)}


async def test_an_id_that_somebody_else_used_is_passed_over(orders: Orders) -> None:
    arrival = await orders.arrives(document())
    await orders.service.reserve(_units_of_a(1, arrival.order_no))
    await orders.settle(arrival.order_no)
    assert await orders.open_reservations(arrival.order_no) == [f"{arrival.order_no}.1"]
    assert await orders.open_units() == {"A": (0, 2)}


@pytest.mark.parametrize("version", [1, 2])
async def test_a_presale_is_released_when_the_rest_is_missed(orders: Orders, version: int) -> None:
    presale = {"stage": "deposit_paid", "paid": "2.00", "final_payment_by": "2026-11-20T00:00:00Z"}
    stored = await orders.takes(document(payment="deposit_paid", presale=presale))
    assert (await orders.open_units(), can_leave(stored)) == ({"A": (0, 2)}, {})
    if version == 1:
        assert can_leave(await orders.takes(document(2, presale=presale | {"stage": "final_paid"}))) == {"a": 2}
    else:
        await orders.takes(document(2, payment="deposit_paid", presale=presale | {"stage": "forfeited"}))
        assert await orders.open_units() == {}


def _units_of_a(units: int, reservation_id: str = "rival") -> ReserveRequest:
    return request(reservation_id)._replace(lines=[LineRequest("A", units)])
