"""What an order can go through, in words that hold on every platform, and what each of it must do to the stock.

`CASES` is the table: a case runs on every platform but those that cannot express it, which are named with the reason
that `platforms.md` gives; what such a platform tells instead is a case of its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory_service.domain.commands import ReadReservation
from inventory_service.domain.orders.stock_side import Hold
from inventory_service.domain.orders.telling import Saying
from tests.channels.channel import HOUR_MS
from tests.channels.sale import BEIJING, SHENZHEN, STOCK, Sale
from tests.orders.house import HOLD_SECONDS, can_leave

SHIP, CHANGE, CANCEL = ("ship", 2), ("change", 3), ("cancel", 0)
NOTHING = (0, 0)
HELD, COMMITTED = (2, 0), (0, 2)


async def unpaid(sale: Sale) -> None:
    await sale.placed("unpaid")
    assert (await sale.units(), await sale.tale()) == (HELD, [])
    record = (await sale.service.engine.reservation(ReadReservation(await sale.order_no()))).reservation
    assert record
    assert record.deadline_ms - record.armed_ms == HOLD_SECONDS * 1000


async def paid(sale: Sale) -> None:
    await sale.placed("unpaid")
    await sale.becomes("paid")
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def paid_at_once(sale: Sale) -> None:
    """As everywhere where unpaid orders are invisible: JD and Pinduoduo."""
    await sale.placed("paid")
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def paid_after_the_hold_ended(sale: Sale) -> None:
    sale.orders.hold_seconds = 0
    await sale.placed("unpaid")
    assert await sale.units() == NOTHING
    await sale.becomes("paid")
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def paid_after_it_was_sold_elsewhere(sale: Sale) -> None:
    sale.orders.hold_seconds = 0
    await sale.placed("unpaid")
    await sale.sold_elsewhere(STOCK)
    await sale.stocked(sale.sku, BEIJING, 1)
    stored = await sale.becomes("paid")
    source = {"warehouse": BEIJING, "available": 1, "incoming": 0}
    missing = {"sku": sale.sku, "requested": 2, "available": 1, "reason": "not_enough", "sources": [source]}
    assert (stored.work.case.code, stored.work.case.detail) == ("oversold", {"missing": [missing]})
    assert (await sale.units(), await sale.tale()) == ((STOCK, 0), [])


async def cash_on_delivery(sale: Sale) -> None:
    """Held until the platform lets it be shipped, then confirmed without any money."""
    await sale.placed("on_hold", cash_on_delivery=True)
    assert (await sale.units(), await sale.tale()) == (HELD, [])
    await sale.becomes("paid")
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def cash_on_delivery_from_two_warehouses(sale: Sale) -> None:
    """Each parcel brings its goods' part, all of them together what is due."""
    assert await _collected(sale) == {BEIJING: 12_972, SHENZHEN: 129_728}
    assert sale.order.total_minor == 12_972 + 129_728


async def cash_on_delivery_of_an_unknown_sum(sale: Sale) -> None:
    assert await _collected(sale) == {BEIJING: None, SHENZHEN: None}


async def _collected(sale: Sale) -> Mapping[str, Any]:
    await sale.stocked(sale.sku, BEIJING, 1)
    await sale.placed(quantity=STOCK + 1, cash_on_delivery=True)
    assert (await sale.units(), sorted(await sale.tale())) == ((0, STOCK + 1), [("ship", 1), ("ship", STOCK)])
    return {each.warehouse: each.collect_minor for each in (await sale.stored()).work.side.tellings}


async def presale_deposit(sale: Sale) -> None:
    await sale.placed("unpaid", deposit_minor=2000)
    assert await sale.units() == HELD
    await sale.becomes("deposit_paid")
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [])
    await sale.becomes("paid")
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def final_payment_missed(sale: Sale) -> None:
    await sale.placed("deposit_paid", deposit_minor=2000)
    assert await sale.units() == COMMITTED
    sale.order.forfeited = True
    await sale.becomes("cancelled")
    assert (await sale.units(), await sale.tale()) == (NOTHING, [])


async def quantity_edit(sale: Sale) -> None:
    await sale.placed()
    more = await sale.of_quantity(3)
    assert (await sale.units(), await sale.open_reservations()) == ((0, 3), [f"{more.order.order_no}.1"])
    assert (await sale.of_quantity(STOCK + 1)).work.case.code == "amendment_refused"
    assert await sale.units() == (0, 3)  # all or nothing
    await sale.of_quantity(2)
    assert (await sale.case(), await sale.units()) == ("", COMMITTED)
    assert (await sale.tale())[:2] == [SHIP, CHANGE]
    assert (await sale.tale())[-1][1] == 2


async def line_closed_in_a_live_order(sale: Sale) -> None:
    await sale.stocked(f"{sale.sku}-2")
    await sale.placed()
    await sale.with_line(f"{sale.sku}-2", 1)
    assert await sale.units(f"{sale.sku}-2") == (0, 1)
    sale.order.lines[1].is_closed = True
    await sale.becomes("paid")
    assert await sale.units(f"{sale.sku}-2") == (0, 1)
    await sale.not_shipped()
    assert (await sale.units(), await sale.units(f"{sale.sku}-2")) == (COMMITTED, NOTHING)
    assert await sale.tale() == [SHIP, CHANGE, CANCEL, SHIP]


async def address_edit(sale: Sale) -> None:
    """Allocated anew: the parcel leaves from Beijing, once Shenzhen has agreed that it does not send it."""
    await sale.stocked(sale.sku, BEIJING)
    first = await sale.placed()
    assert [each.warehouse for each in first.work.side.tellings] == [SHENZHEN]
    moved = await sale.edited(province="北京市", city="北京市", address="长安街 1 号")
    assert await sale.open_reservations() == [f"{moved.order.order_no}.1"]
    await sale.says(Saying.NOT_SHIPPED)
    stored = await sale.settled()
    assert [(each.warehouse, bool(each.units)) for each in stored.work.side.tellings] == [
        (BEIJING, True),
        (SHENZHEN, False),
    ]
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP, CANCEL, SHIP])


async def edit_after_picking(sale: Sale) -> None:
    await sale.stocked(sale.sku, BEIJING)
    await sale.placed()
    await sale.says(Saying.PICKING)
    await sale.edited(province="北京市", city="北京市", address="长安街 1 号")
    assert await sale.case() == "edited_after_picking"
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def quantity_edit_after_picking(sale: Sale) -> None:
    await sale.placed()
    await sale.says(Saying.PICKING)
    await sale.of_quantity(3)
    assert (await sale.case(), await sale.units(), await sale.tale()) == ("edited_after_picking", COMMITTED, [SHIP])


async def bundle(sale: Sale) -> None:
    part = f"{sale.sku}-PART"
    await sale.stocked(part)
    await sale.mapped(sale.sku, [(sale.sku, 1), (part, 2)])
    await sale.placed()
    assert (await sale.units(), await sale.units(part)) == (COMMITTED, (0, 4))
    assert await sale.tale() == [("ship", 6)]


async def gift(sale: Sale) -> None:
    """A line of its own that costs nothing, or one that its main line's code stands for as well."""
    present = f"{sale.sku}-GIFT"
    await sale.stocked(present)
    await sale.placed()
    await sale.with_line(present, 1, is_gift=True)
    assert (await sale.units(), await sale.units(present)) == (COMMITTED, (0, 1))


async def cancelled_unpaid(sale: Sale) -> None:
    await sale.placed("unpaid")
    await sale.becomes("cancelled")
    assert (await sale.units(), await sale.tale()) == (NOTHING, [])


async def cancel_request(sale: Sale) -> None:
    """Stops it, and keeps its stock: asked for is not granted."""
    await sale.placed()
    await sale.asked_back()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP, CANCEL])
    await sale.not_shipped()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP, CANCEL])


async def refund_succeeded_before_shipping(sale: Sale) -> None:
    await sale.placed()
    await sale.refunded()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP, CANCEL])  # the warehouse has not answered
    await sale.not_shipped()
    assert (await sale.units(), await sale.case(), await sale.open_reservations()) == (NOTHING, "", [])


async def refund_succeeded_after_the_warehouse_answered(sale: Sale) -> None:
    await sale.placed()
    asked = await sale.asked_back()
    await sale.not_shipped()
    sale.book.end_refund(asked.refund_id, "succeeded")
    await sale.arrives()
    assert (await sale.units(), await sale.tale()) == (NOTHING, [SHIP, CANCEL])


async def refund_of_one_of_two_lines(sale: Sale) -> None:
    other = f"{sale.sku}-2"
    await sale.stocked(other)
    await sale.placed()
    await sale.with_line(other, 1)
    await sale.refunded()
    await sale.not_shipped()
    assert (await sale.units(), await sale.units(other), await sale.case()) == (NOTHING, (0, 1), "")
    assert await sale.tale() == [SHIP, CHANGE, CANCEL, ("ship", 1)]


async def refund_withdrawn(sale: Sale) -> None:
    await sale.placed()
    asked = await sale.asked_back()
    await sale.not_shipped()
    sale.book.end_refund(asked.refund_id, "closed")
    await sale.arrives()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP, CANCEL, SHIP])


async def refund_withdrawn_that_only_its_document_tells(sale: Sale) -> None:
    """The order's own time of change stays where it was."""
    await sale.placed()
    asked = await sale.asked_back()
    await sale.not_shipped()
    asked_ms = sale.order.modified_ms
    sale.book.end_refund(asked.refund_id, "closed")
    sale.order.modified_ms = asked_ms
    await sale.arrives()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP, CANCEL, SHIP])


async def refund_of_an_order_that_was_not_known(sale: Sale) -> None:
    """Placed before the shop was ours; no time of change but the refund's brings it in."""
    sale.order = sale.book.place(3 * HOUR_MS, skus=[sale.sku])
    sale.order.lines[0].quantity = 2
    asked = sale.book.ask_back(sale.order.order_id)
    sale.order.modified_ms = sale.order.created_ms
    await sale.polled()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [])
    sale.book.end_refund(asked.refund_id, "closed")
    sale.order.modified_ms = sale.order.created_ms
    await sale.polled()
    assert (await sale.units(), await sale.tale()) == (COMMITTED, [SHIP])


async def refund_after_shipping(sale: Sale) -> None:
    """Nothing is released; the stock comes back by the return alone."""
    await sale.placed()
    await sale.shipped()
    assert (await sale.units(), await sale.on_hand()) == (NOTHING, STOCK - 2)
    await sale.refunded()
    assert (await sale.case(), await sale.on_hand(), await sale.tale()) == ("", STOCK - 2, [SHIP])
    await sale.returned(2)
    assert await sale.on_hand() == STOCK


async def money_alone(sale: Sale) -> None:
    await sale.placed()
    await sale.refunded(units=0, amount_minor=500)
    stored = await sale.not_shipped()
    assert (await sale.units(), await sale.case(), can_leave(stored)) == (COMMITTED, "", {_line(sale): 2})
    assert await sale.tale() == [SHIP, CANCEL, SHIP]


async def n_units(sale: Sale) -> None:
    await sale.placed()
    await sale.refunded(units=1)
    assert await sale.units() == COMMITTED
    stored = await sale.not_shipped()
    assert (await sale.units(), await sale.case(), can_leave(stored)) == ((0, 1), "", {_line(sale): 1})
    assert await sale.tale() == [SHIP, CANCEL, ("ship", 1)]


async def n_units_that_only_the_money_tells(sale: Sale) -> None:
    """One unit's price may be one unit, or money alone: a person decides, and nothing leaves meanwhile."""
    await sale.placed()
    await sale.refunded(units=1)
    await sale.not_shipped()
    assert (await sale.case(), await sale.units(), await sale.tale()) == ("refund_unclear", COMMITTED, [SHIP, CANCEL])


async def reopened(sale: Sale) -> None:
    first = await sale.placed()
    await sale.becomes("cancelled")
    await sale.not_shipped()
    assert await sale.units() == NOTHING
    stored = await sale.becomes("paid")
    assert await sale.open_reservations() == [f"{first.order.order_no}.1"]
    assert (await sale.units(), stored.work.side.hold) == (COMMITTED, Hold.CONFIRMED)
    assert await sale.tale() == [SHIP, CANCEL, SHIP]


async def unknown_sku_mapped_later(sale: Sale) -> None:
    await sale.placed()
    await sale.with_line(f"{sale.sku}-SET", 1)
    assert (await sale.case(), await sale.units(), (await sale.tale())[-1]) == ("unknown_sku", COMMITTED, CANCEL)
    (todo,) = (await sale.orders.skus.list(sale.shop.channel, sale.shop.shop, True, 10, "")).data
    assert (todo.code, todo.orders) == (f"{sale.sku}-SET", 1)
    await sale.mapped(f"{sale.sku}-SET", [(sale.sku, 2)])
    assert (await sale.case(), await sale.units()) == ("", (0, 4))
    await sale.not_shipped()
    assert (await sale.tale())[-1] == ("ship", 4)


def _line(sale: Sale) -> str:
    return sale.order.lines[0].line_id


@dataclass(frozen=True)
class Case:
    """`cannot`: the platforms that cannot tell it, and why; `instead`: that it is what one of those tells."""

    run: Callable[[Sale], Awaitable[None]]
    cannot: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.run.__name__


def _all(*runs: Callable[[Sale], Awaitable[Any]]) -> list[Case]:
    return [Case(run) for run in runs]


NO_QUANTITY_TAG = "4.5: its messages know of a changed address (105) and amount (109), none of a changed quantity"
NUM_IS_BOUGHT = "1.4: a refund has an amount and no count of units; TOP's metadata has `num`, which is what was bought"
PAID_SO_FAR = (
    "4.3: nothing says that `pay_amount` is what is to be paid at the door; until that is seen it counts as unknown"
)
TO_BE_PAID = "the sum is told: 1.3 (`payment`, paid or payable), one's own contract"
COUNTED = "the refund has a count: 4.4 (after-sales), one's own contract"

CASES = [
    *_all(unpaid, paid, paid_at_once, paid_after_the_hold_ended, paid_after_it_was_sold_elsewhere),
    *_all(cash_on_delivery, presale_deposit, final_payment_missed),
    Case(cash_on_delivery_from_two_warehouses, {"douyin": PAID_SO_FAR}),
    Case(cash_on_delivery_of_an_unknown_sum, {"taobao": TO_BE_PAID, "generic": TO_BE_PAID}),
    Case(quantity_edit, {"douyin": NO_QUANTITY_TAG}),
    Case(quantity_edit_after_picking, {"douyin": NO_QUANTITY_TAG}),
    *_all(line_closed_in_a_live_order, address_edit, edit_after_picking, bundle, gift),
    *_all(cancelled_unpaid, cancel_request),
    *_all(refund_succeeded_before_shipping, refund_succeeded_after_the_warehouse_answered, refund_of_one_of_two_lines),
    *_all(refund_withdrawn, refund_withdrawn_that_only_its_document_tells, refund_of_an_order_that_was_not_known),
    *_all(refund_after_shipping, money_alone),
    Case(n_units, {"taobao": NUM_IS_BOUGHT}),
    Case(n_units_that_only_the_money_tells, {"douyin": COUNTED, "generic": COUNTED}),
    *_all(reopened, unknown_sku_mapped_later),
]
