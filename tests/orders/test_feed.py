"""The whole life of an order in the feed of its warehouses, on real stores."""

import asyncio
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from inventory_service.domain.errors import Refused
from inventory_service.domain.events import EventType
from inventory_service.domain.orders.lateness import TAKEN_BACK_MS, TOLD_MS
from inventory_service.domain.orders.stock_side import Part
from inventory_service.domain.orders.telling import Entry, EntryKind, Saying
from inventory_service.domain.reservation import Reservation
from inventory_service.ledger.orders.outbound import append
from inventory_service.usecases.orders.ports import Answer, Kept, SkuCode, StoredOrder
from inventory_service.usecases.ports import StockFilter
from inventory_service.usecases.requests import MovementRequest
from tests.orders.house import ADA, BOB, CHANNEL, Orders, document, line
from tests.orders.test_crashes import Killed
from tests.usecases.real import scan

CANCELLED: dict[str, Any] = {"payment": "refunded", "fulfilment": "cancelled"}
WRITERS, EACH = 6, 12


async def tale(orders: Orders) -> list[tuple[str, str, int]]:
    """Warehouse, kind and units of A, entry by entry."""
    return [(each.warehouse, each.kind, dict(each.units).get("A", 0)) for each in await orders.told()]


async def test_a_life_from_its_arrival_to_its_last_scan(orders: Orders) -> None:
    unpaid = await orders.takes(document(payment="unpaid"))
    assert await orders.told() == []
    number = unpaid.order.order_no
    await orders.takes(document(2))
    await orders.settle(number)
    (entry,) = await orders.told()
    assert (entry.kind, entry.order_no, entry.reservation, entry.units) == ("ship", number, number, (("A", 2),))
    await orders.says(number, Saying.ACK)
    await orders.says(number, Saying.PICKING)
    await orders.says(number, Saying.SHIPPED)
    (result,) = await orders.service.scans("wms", [scan("s", entry.reservation, quantity=2)])
    assert result.code == ""
    await orders.takes(document(3, [line(fulfilment="shipped")], fulfilment="shipped"))
    await orders.takes(document(4, [line(fulfilment="shipped", refund="requested")], fulfilment="shipped"))
    assert await tale(orders) == [("SHA", "ship", 2)]
    assert await orders.open_units() == {}
    assert (await orders.service.counters("A"))[0] == 8
    history = (await orders.read.one(number, BOB)).history
    told = ["arrived", "reserve", "changed", "confirm", "told", "ack", "picking", "shipped", "changed", "changed"]
    assert [each.kind for each in history] == told


async def test_a_request_stops_it_and_its_withdrawal_brings_it_back(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.takes(document(2, [line(refund="requested")]))
    await orders.not_shipped(number)
    assert await orders.open_units() == {"A": (0, 2)}  # asked for is not granted
    await orders.takes(document(3, [line(refund="closed")]))
    assert await tale(orders) == [("SHA", "ship", 2), ("SHA", "cancel", 0), ("SHA", "ship", 2)]
    await orders.takes(document(4, [line(refund="succeeded", fulfilment="cancelled")], **CANCELLED))
    assert await orders.open_units() == {"A": (0, 2)}  # what was said of the first telling releases nothing now
    await orders.not_shipped(number)
    assert await orders.open_units() == {}


async def test_what_the_platform_forbids_to_ship_is_called_back_until_it_allows_it(orders: Orders) -> None:
    await orders.takes(document())
    await orders.takes(document(2, fulfilment="on_hold"))
    await orders.takes(document(3))
    assert await tale(orders) == [("SHA", "ship", 2), ("SHA", "cancel", 0), ("SHA", "ship", 2)]
    assert await orders.open_units() == {"A": (0, 2)}


async def test_with_one_line_that_may_not_be_shipped_all_of_it_waits(orders: Orders) -> None:
    await orders.takes(document(1, [line(), line("b", "B", 1, fulfilment="on_hold")]))
    assert await orders.told() == []
    await orders.takes(document(2, [line(), line("b", "B", 1)]))
    assert [(each.kind, each.units) for each in await orders.told()] == [("ship", (("A", 2), ("B", 1)))]


async def test_one_line_refunded_stops_all_and_ships_the_rest(orders: Orders) -> None:
    both = [line(), line("b", "B", 1)]
    number = (await orders.takes(document(1, both))).order.order_no
    rest = [line(refund="succeeded", refunded_quantity=2, fulfilment="cancelled"), line("b", "B", 1)]
    await orders.takes(document(2, rest, payment="part_refunded"))
    assert await orders.open_units() == {"A": (0, 2), "B": (0, 1)}
    await orders.not_shipped(number)
    assert await orders.open_units() == {"B": (0, 1)}
    assert [(each.kind, each.units) for each in await orders.told()][1:] == [("cancel", ()), ("ship", (("B", 1),))]


async def test_edits_before_picking_are_changes(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.takes(document(2, [line(quantity=1)]))
    await orders.takes(document(3, [line(quantity=4)]))
    await orders.takes(document(4, [line(quantity=4)], receiver={"name": "韩梅梅", "province": "上海市"}))
    assert await tale(orders) == [("SHA", "ship", 2), ("SHA", "change", 1), ("SHA", "change", 4), ("SHA", "change", 4)]
    newest = (await orders.told())[-1]
    assert (newest.reservation, newest.stored.order.receiver.name) == (f"{number}.1", "韩梅梅")


async def test_an_edit_to_what_nobody_has_mapped_calls_back_what_was_to_ship(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    edited = await orders.takes(document(2, [line("z", "SET", 1)]))
    assert (edited.work.case.code, await orders.open_units()) == ("unknown_sku", {})
    assert await tale(orders) == [("SHA", "ship", 2), ("SHA", "cancel", 0)]
    await orders.says(number, Saying.NOT_SHIPPED)
    await orders.skus.put(SkuCode(CHANNEL, "", "SET", [Part("A", 3)]), "ann")
    assert (await tale(orders))[2:] == [("SHA", "ship", 3)]
    assert await orders.open_units() == {"A": (0, 3)}


async def test_after_picking_another_street_is_for_a_person_and_changes_nothing(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.says(number, Saying.PICKING)
    edited = await orders.takes(document(2, receiver={"province": "上海市", "city": "上海市", "address": "外滩 2 号"}))
    assert edited.work.case.code == "edited_after_picking"
    assert await tale(orders) == [("SHA", "ship", 2)]


async def test_what_is_reallocated_moves_once_the_first_warehouse_agrees(orders: Orders) -> None:
    await orders.service.stock_up("A", "PEK", 10)
    number = (await orders.takes(document())).order.order_no
    (first,) = await orders.told()
    other = "SHA" if first.warehouse == "PEK" else "PEK"
    await orders.reallocate(number, first.warehouse)
    await orders.until_in_ledger(EventType.REALLOCATE)
    assert (await orders.retry.run_once()).settled == 1
    assert await tale(orders) == [(first.warehouse, "ship", 2), (first.warehouse, "cancel", 0)]
    await orders.says(number, Saying.NOT_SHIPPED, first.warehouse)
    assert (await tale(orders))[2:] == [(other, "ship", 2)]
    assert (await orders.retry.run_once()).settled == 0
    assert await orders.open_units() == {"A": (0, 2)}


async def test_an_old_look_takes_back_nothing_that_a_newer_one_told(orders: Orders) -> None:
    await orders.service.stock_up("A", "PEK", 10)
    number = (await orders.takes(document())).order.order_no
    (first,) = await orders.told()
    look = orders.steps.record

    async def overtaken(reservation_id: str) -> Reservation | None:
        """The stock moves, and another one tells it, between the look and what is made of it."""
        orders.steps.record = look  # type: ignore[method-assign]
        old = await look(reservation_id)
        await orders.reallocate(number, first.warehouse)
        await orders.settle(number)
        return old

    orders.steps.record = overtaken  # type: ignore[method-assign]
    await orders.settle(number)
    assert await tale(orders) == [(first.warehouse, "ship", 2), (first.warehouse, "cancel", 0)]


async def test_what_moves_while_it_is_looked_at_is_looked_at_again(orders: Orders) -> None:
    await orders.service.stock_up("A", "PEK", 10)
    number = (await orders.takes(document())).order.order_no
    (first,) = await orders.told()
    look = orders.steps.record

    async def overtaken(reservation_id: str) -> Reservation | None:
        """The stock moves and the order is woken for it, between the look and what is made of it."""
        orders.steps.record = look  # type: ignore[method-assign]
        old = await look(reservation_id)
        await orders.reallocate(number, first.warehouse)
        await orders.until_in_ledger(EventType.REALLOCATE)
        assert await orders.book.wake_moved(orders.now_ms) == 1
        return old

    orders.steps.record = overtaken  # type: ignore[method-assign]
    await orders.settle(number)
    assert await tale(orders) == [(first.warehouse, "ship", 2), (first.warehouse, "cancel", 0)]


async def test_released_by_hand_it_is_called_back(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.service.release(number, "desk", (), "", "by-hand")
    await orders.until_in_ledger(EventType.RELEASE)
    await orders.retry.run_once()
    assert await tale(orders) == [("SHA", "ship", 2), ("SHA", "cancel", 0)]


async def test_a_warehouse_that_fails_is_a_case_until_it_goes_on(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    assert (await orders.says(number, Saying.FAILED)).work.case.code == "warehouse_failed"
    assert (await orders.says(number, Saying.ACK)).work.case.code == ""
    assert await tale(orders) == [("SHA", "ship", 2)]


async def test_one_part_shipped_and_the_other_kept_is_for_a_person(orders: Orders) -> None:
    await orders.service.stock_up("B", "PEK", 1)
    await orders.service.stock_up("A", "PEK", 1)
    number = (await orders.takes(document(1, [line(quantity=11)]))).order.order_no
    assert {each.warehouse for each in await orders.told()} == {"SHA", "PEK"}
    await orders.says(number, Saying.SHIPPED, "SHA")
    await orders.takes(document(2, [line(quantity=11)], **CANCELLED))
    stored = await orders.says(number, Saying.NOT_SHIPPED, "PEK")
    assert stored.work.case.code == "shipped_in_part"
    assert await orders.open_units() == {"A": (0, 11)}


async def test_who_scanned_all_it_had_without_a_word_is_not_waited_for(orders: Orders) -> None:
    await orders.service.stock_up("C", "PEK", 1)
    await orders.service.ledger.stock(StockFilter(), 1, "")
    number = (await orders.takes(document(1, [line(), line("c", "C", 1)]))).order.order_no
    granted = line("c", "C", 1, refund="succeeded", refunded_quantity=1)
    await orders.takes(document(2, [line(), granted], payment="part_refunded"))
    await orders.says(number, Saying.NOT_SHIPPED, "PEK")
    assert await orders.open_units() == {"A": (0, 2), "C": (0, 1)}
    await orders.service.scans("wms", [scan("s", number, quantity=2)])
    orders.now_ms += TAKEN_BACK_MS
    assert (await orders.retry.run_once()).settled == 1
    assert await orders.open_units() == {}


async def test_what_stayed_behind_is_given_back_though_the_rest_has_left(orders: Orders) -> None:
    number = (await orders.takes(document(1, [line(), line("b", "B", 1)]))).order.order_no
    closed = line("b", "B", 1, refund="succeeded", refunded_quantity=1, fulfilment="cancelled")
    await orders.takes(document(2, [line(), closed], payment="part_refunded"))
    await orders.service.scans("wms", [scan("s", number, quantity=2)])
    await orders.takes(document(3, [line(fulfilment="shipped"), closed], payment="part_refunded", fulfilment="shipped"))
    assert await orders.open_units() == {"B": (0, 1)}
    assert (await orders.says(number, Saying.NOT_SHIPPED)).work.case.code == ""
    assert await orders.open_units() == {}


async def test_what_is_moved_to_where_a_part_had_left_is_told_there(orders: Orders) -> None:
    await orders.service.stock_up("A", "PEK", 1)
    number = (await orders.takes(document(1, [line(quantity=11)]))).order.order_no
    await orders.service.scans("wms", [scan("s", number, quantity=10)])
    orders.now_ms += TOLD_MS
    await orders.retry.run_once()
    await orders.service.move("wms", [MovementRequest("more", "receive", "A", "SHA", 5)])
    await orders.reallocate(number, "PEK")
    await orders.until_in_ledger(EventType.REALLOCATE)
    await orders.retry.run_once()
    assert (await tale(orders))[-1] == ("PEK", "cancel", 0)
    await orders.says(number, Saying.NOT_SHIPPED, "PEK")
    assert (await tale(orders))[-1] == ("SHA", "change", 11)


async def test_a_scan_that_is_undone_calls_back_what_was_cancelled_behind_it(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    (result,) = await orders.service.scans("wms", [scan("s", number, quantity=3)])
    assert result.code == "over_scan"
    await orders.takes(document(2, **CANCELLED))
    assert await tale(orders) == [("SHA", "ship", 2)]
    (exception,) = (await orders.service.exceptions.list("open", 10, "")).data
    await orders.service.exceptions.resolve(exception.exception_id, "reverse", "", "never left", "ann")
    await orders.until_in_ledger(EventType.REVERSE)
    await orders.retry.run_once()
    assert await tale(orders) == [("SHA", "ship", 2), ("SHA", "cancel", 0)]
    await orders.says(number, Saying.NOT_SHIPPED)
    assert await orders.open_units() == {}


async def test_a_scan_by_the_orders_number_finds_what_is_open(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.takes(document(2, [line(quantity=3)]))
    assert await orders.open_reservations(number) == [f"{number}.1"]
    (result,) = await orders.service.scans("wms", [scan("s", order_ref=number, quantity=3)])
    assert (result.result, result.code) == ("applied", "")
    assert await orders.open_units() == {}


async def test_an_answer_counts_once(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    (entry,) = await orders.told()
    answer = Answer("wms", "one", number, "SHA", entry.position, Saying.PICKING, "Li", "shelf 7")
    heard = await asyncio.gather(*[orders.warehouse(answer) for _ in range(4)])
    assert sorted(each.result for each in heard) == ["noted", "replayed", "replayed", "replayed"]
    wrong = [
        (answer._replace(saying=Saying.ACK), "idempotency_mismatch"),
        (answer._replace(answer_id="two", position=999), "not_found"),
        (answer._replace(answer_id="two", order_no="nobody"), "validation_failed"),
        (answer._replace(answer_id="two", warehouse="PEK"), "validation_failed"),
        (answer._replace(answer_id="two", saying=Saying.NOT_SHIPPED), "validation_failed"),
    ]
    for each, code in wrong:
        with pytest.raises(Refused) as refused:
            await orders.warehouse(each)
        assert refused.value.code == code
    await orders.takes(document(2, **CANCELLED))
    late = await orders.warehouse(answer._replace(answer_id="three", saying=Saying.FAILED))
    assert (late.result, late.stored.work.case.code) == ("superseded", "")


async def test_a_presale_waits_for_the_rest_of_its_price(orders: Orders) -> None:
    presale = {"stage": "deposit_paid", "paid": "2.00", "final_payment_by": "2026-11-20T00:00:00Z"}
    await orders.takes(document(payment="deposit_paid", presale=presale))
    assert await orders.told() == []
    await orders.takes(document(2, presale=presale | {"stage": "final_paid"}))
    assert await tale(orders) == [("SHA", "ship", 2)]


async def test_killed_before_the_entry_nothing_is_lost_and_nothing_doubled(orders: Orders) -> None:
    lives = [(document(), "ship"), (document(2, [line(quantity=3)]), "change"), (document(3, **CANCELLED), "cancel")]
    number = ""
    for made, (version, kind) in enumerate(lives, 1):
        number = (await orders.arrives(version)).order_no
        keep = orders.book._keep

        async def dying(connection: Any, known: StoredOrder | None, kept: Kept, keep: Any = keep) -> None:
            await keep(connection, known, kept)
            if kept.entries:  # they are appended, and not committed
                raise Killed

        orders.book._keep = dying  # type: ignore[method-assign]
        with pytest.raises(Killed):
            await orders.settle(number)
        orders.book._keep = keep  # type: ignore[method-assign]
        assert len(await orders.told()) == made - 1
        assert await orders.book.due(orders.now_ms, 10) == [number]
        await orders.retry.run_once()
        await orders.settle(number)
        assert [each.kind for each in await orders.told()][made - 1 :] == [kind]


async def test_a_reader_never_passes_a_position_that_comes_later(
    orders: Orders, database: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    """Writers of different orders, some of which think better of it, and a reader that goes on from where it was."""
    numbers = [(await orders.arrives(document(order_id=str(each)))).order_no for each in range(WRITERS)]
    seen: list[int] = []
    is_over = asyncio.Event()

    async def write(order_no: str) -> None:
        for number in range(1, EACH + 1):
            entry = Entry(number, EntryKind.SHIP, "SHA", order_no, (("A", 1),))
            async with database.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await append(connection, order_no, [entry], 1)
                await connection.execute("SELECT pg_sleep(0.002)")  # an open transaction, for readers to pass
                if number % 5 == 0:
                    await transaction.rollback()
                else:
                    await transaction.commit()

    async def read() -> None:
        while True:
            last_look = is_over.is_set()
            entries = await orders.outbound.entries(seen[-1] if seen else 0, "", 7)
            seen.extend(each.position for each in entries)
            if last_look and not entries:
                return

    async def write_all() -> None:
        await asyncio.gather(*map(write, numbers))
        is_over.set()

    await asyncio.gather(read(), write_all())
    rows = await database.fetch("SELECT position FROM outbound_entries ORDER BY position")
    assert seen == [row["position"] for row in rows]
    assert len(seen) == WRITERS * (EACH - EACH // 5)
    assert all(before < after for before, after in pairwise(seen))


async def test_the_log_is_never_changed(orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> None:
    number = (await orders.takes(document())).order.order_no
    await orders.says(number, Saying.ACK)
    for table in ("outbound_entries", "outbound_answers"):
        with pytest.raises(asyncpg.RaiseError):
            await database.execute(f"DELETE FROM {table}")


async def test_in_clear_only_for_who_may_see_it_and_each_reading_is_noted(
    orders: Orders, database: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    number = (await orders.takes(document())).order.order_no
    (masked,) = await orders.feed(0, "", 10, BOB)
    assert masked.stored.order.receiver.phone == "138****8888"
    assert await database.fetchval("SELECT count(*) FROM order_personal_reads") == 0
    (clear,) = await orders.feed(0, "SHA", 10, ADA)
    assert clear.stored.order.receiver.phone == "13800008888"
    rows = await database.fetch("SELECT client, order_no FROM order_personal_reads")
    assert [tuple(row) for row in rows] == [("ada", number)]
    assert await orders.feed(0, "PEK", 10, ADA) == []
    assert await orders.feed(clear.position, "", 10, ADA) == []
    await orders.takes(document(2, **CANCELLED))
    (cancel,) = await orders.feed(clear.position, "", 10, ADA)
    assert (cancel.kind, cancel.stored.order.receiver.phone) == ("cancel", "138****8888")
    assert await database.fetchval("SELECT count(*) FROM order_personal_reads") == 1
