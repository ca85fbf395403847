"""A step that was done and not noted is done again, and two who do the same do it once."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import NotReady
from inventory_service.domain.orders.intent import Parts, Step
from inventory_service.domain.orders.stock_side import Hold
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases.orders.ports import Kept, StoredOrder
from inventory_service.usecases.orders.stock_steps import Outcome, StockSteps
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.requests import ReservationResult
from tests.orders.house import Orders, can_leave, document, line
from tests.usecases.real import request, scan

Meanwhile = Callable[[], Awaitable[None]]


class Killed(BaseException):
    """The process is gone: nothing behind it runs."""


class DyingSteps:
    """Does a step, and dies before anybody can note it: once."""

    def __init__(self, steps: StockSteps, error: BaseException) -> None:
        self._steps = steps
        self._error: BaseException | None = error

    async def record(self, reservation_id: str) -> Reservation | None:
        return await self._steps.record(reservation_id)

    async def do(self, stored: StoredOrder, step: Step) -> Outcome:
        outcome = await self._steps.do(stored, step)
        error, self._error = self._error, None
        if error:
            raise error
        return outcome


async def settled_with_a_crash(
    orders: Orders, order_no: str, doing: Callable[[str], Awaitable[StoredOrder]] | None = None
) -> StoredOrder:
    steps, orders.settle._steps = orders.settle._steps, DyingSteps(orders.steps, Killed())  # type: ignore[assignment]
    with pytest.raises(Killed):
        await (doing or orders.settle)(order_no)
    orders.settle._steps = steps
    assert await orders.book.due(orders.now_ms, 10) == [order_no]
    return await orders.settle(order_no)


async def test_every_step_repeats_harmlessly(orders: Orders) -> None:
    number = (await orders.arrives(document(payment="unpaid"))).order_no
    lives = [
        (document(payment="unpaid"), {"A": (2, 0)}),
        (document(2), {"A": (0, 2)}),
        (document(3, [line(quantity=1)]), {"A": (0, 1)}),
        (document(4, [line(quantity=10), line("b", "B", 1)]), {"A": (0, 10), "B": (0, 1)}),
        (document(5, payment="refunded", fulfilment="cancelled"), {}),
        (document(6), {"A": (0, 2)}),
    ]
    for version, units in lives:
        await orders.arrives(version)
        if version["payment"] == "refunded":
            await orders.settle(number)  # only tells
            await settled_with_a_crash(orders, number, orders.not_shipped)
        else:
            await settled_with_a_crash(orders, number)
        assert await orders.open_units() == units
        assert len(await orders.open_reservations(number)) == (1 if units else 0)


async def test_a_refused_amendment_repeats_harmlessly(orders: Orders) -> None:
    await orders.service.reserve(request("rival")._replace(lines=[LineRequest("A", 7)]))
    number = (await orders.takes(document())).order.order_no
    await orders.arrives(document(2, [line(quantity=4)]))
    stored = await settled_with_a_crash(orders, number)
    assert (stored.work.case.code, stored.work.side.attempt) == ("amendment_refused", 1)
    assert await orders.open_units() == {"A": (7, 2)}
    assert len(await orders.open_reservations(number)) == 1


async def test_a_newer_version_waits_for_the_step_that_was_begun(orders: Orders) -> None:
    number = (await orders.arrives(document(payment="unpaid"))).order_no
    orders.settle._steps = DyingSteps(orders.steps, Killed())  # type: ignore[assignment]
    with pytest.raises(Killed):
        await orders.settle(number)
    await orders.arrives(document(2, [line("b", "B", 3)]))
    await orders.settle(number)
    assert await orders.open_units() == {"B": (0, 3)}
    assert len(await orders.open_reservations(number)) == 1


async def test_a_store_that_is_away_puts_the_order_off(orders: Orders) -> None:
    number = (await orders.arrives(document())).order_no
    orders.settle._steps = DyingSteps(orders.steps, NotReady("away"))  # type: ignore[assignment]
    stored = await orders.settle(number)
    assert (stored.work.attempts, stored.work.next_try_ms > orders.now_ms) == (1, True)
    assert await orders.book.due(orders.now_ms, 10) == []
    orders.now_ms = stored.work.next_try_ms
    assert (await orders.retry.run_once()).settled == 1
    assert (await orders.settle(number)).work.side.hold is Hold.CONFIRMED
    assert await orders.open_units() == {"A": (0, 2)}


async def test_an_order_at_which_the_service_breaks_is_put_off_and_blocks_nobody(orders: Orders) -> None:
    number = (await orders.arrives(document())).order_no
    orders.settle._steps = DyingSteps(orders.steps, LookupError())  # type: ignore[assignment]
    assert (await orders.retry.run_once()).troubled == 1
    assert [what for what, _ in orders.broken] == [number]
    await orders.arrives(document(order_id="2"))
    orders.now_ms += 60_000
    assert (await orders.retry.run_once())[2:] == (1, 0)
    orders.now_ms += 3_600_000
    assert (await orders.retry.run_once())[2:] == (1, 0)
    assert await orders.open_units() == {"A": (0, 4)}


class OvertakenSteps:
    """Does a step, and is overtaken by another process that notes it, begins the next one, and dies."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def do(self, stored: StoredOrder, step: Step) -> Outcome:
        outcome = await self._orders.steps.do(stored, step)
        await self._orders.arrives(document(2, [line(quantity=5)]))
        self._orders.settle._steps = DyingAtTheNext(self._orders.steps, step)  # type: ignore[assignment]
        with pytest.raises(Killed):
            await self._orders.settle(stored.order.order_no)
        self._orders.settle._steps = self._orders.steps
        return outcome


class DyingAtTheNext:
    def __init__(self, steps: StockSteps, first: Step) -> None:
        self._steps = steps
        self._first = first

    async def do(self, stored: StoredOrder, step: Step) -> Outcome:
        if step != self._first:
            raise Killed
        return await self._steps.do(stored, step)


class LeavingReservations(ReadReservations):
    """Right behind the look at a reservation one unit of it leaves, or is given back by hand."""

    def __init__(self, orders: Orders, meanwhile: Meanwhile) -> None:
        super().__init__(orders.service.engine, orders.service.ledger)
        self._meanwhile: Meanwhile | None = meanwhile

    async def one(self, reservation_id: str) -> ReservationResult:
        found = await super().one(reservation_id)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            await meanwhile()
        return found


async def amended_meanwhile(orders: Orders, number: str, meanwhile: Meanwhile) -> StoredOrder:
    service = orders.service
    looks = LeavingReservations(orders, meanwhile)
    steps = StockSteps(service.reserve, service.confirm, service.release, looks, service.routes)
    await orders.arrives(document(2, [line(quantity=3)]))
    orders.settle._steps = steps
    return await orders.settle(number)


async def test_a_parcel_that_leaves_right_before_an_amendment_takes_nothing_of_the_rest(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no

    async def leaves() -> None:
        await orders.service.scans("wms", [scan("s", number)])

    edited = await amended_meanwhile(orders, number, leaves)
    assert (edited.work.case.code, edited.work.side.attempt) == ("edited_after_picking", 0)
    assert await orders.open_units() == {"A": (0, 1)}
    (rest,) = await orders.service.scans("wms", [scan("t", number)])
    assert (rest.result, rest.code) == ("applied", "")


async def test_what_was_given_back_by_hand_right_before_an_amendment_is_taken_anew(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no

    async def is_given_back() -> None:
        await orders.service.release(number, "desk", [LineRequest("A", 1)], "part", "by-hand")

    edited = await amended_meanwhile(orders, number, is_given_back)
    assert (edited.work.case.code, can_leave(edited)) == ("", {"a": 3})
    assert await orders.open_units() == {"A": (0, 3)}
    assert len(await orders.open_reservations(number)) == 1


async def test_who_was_overtaken_notes_nothing(orders: Orders) -> None:
    number = (await orders.arrives(document())).order_no
    orders.settle._steps = OvertakenSteps(orders)  # type: ignore[assignment]
    await orders.settle(number)
    assert await orders.open_units() == {"A": (0, 5)}
    history = (await orders.reader.history(number))[1:]
    assert [entry.kind for entry in history] == ["changed", "reserve", "amend", "told"]


class LateSteps:
    """Of two who do the same step the second: the first did it in vain, and `meanwhile` happens before and behind."""

    def __init__(self, orders: Orders, before: Meanwhile, behind: Meanwhile) -> None:
        self._orders = orders
        self._before = before
        self._behind = behind

    async def do(self, stored: StoredOrder, step: Step) -> Outcome:
        self._orders.settle._steps = self._orders.steps
        assert (await self._orders.settle(stored.order.order_no)).work.case.code == "oversold"
        await self._before()
        outcome = await self._orders.steps.do(stored, step)
        await self._behind()
        return outcome


async def test_what_was_in_vain_for_one_and_not_for_the_other_is_not_forgotten(orders: Orders) -> None:
    await orders.service.reserve(request("rival")._replace(lines=[LineRequest("A", 9)]))
    number = (await orders.arrives(document())).order_no

    async def stock_comes() -> None:
        await orders.service.release("rival", "desk", (), "", "free")

    async def it_is_cancelled() -> None:
        await orders.arrives(document(2, payment="refunded", fulfilment="cancelled"))

    orders.settle._steps = LateSteps(orders, stock_comes, it_is_cancelled)  # type: ignore[assignment]
    await orders.settle(number)
    assert await orders.open_units() == {}


async def test_who_is_late_gives_back_nothing_that_a_later_step_took(orders: Orders) -> None:
    await orders.service.reserve(request("rival")._replace(lines=[LineRequest("A", 9)]))
    number = (await orders.arrives(document())).order_no

    async def it_wants_less() -> None:
        await orders.takes(document(2, [line(quantity=1)]))

    async def nothing() -> None:
        assert await orders.open_units() == {"A": (9, 1)}

    orders.settle._steps = LateSteps(orders, it_wants_less, nothing)  # type: ignore[assignment]
    assert can_leave(await orders.settle(number)) == {"a": 1}
    assert await orders.open_units() == {"A": (9, 1)}


async def test_an_order_is_changed_by_one_at_a_time(orders: Orders) -> None:
    number = (await orders.arrives(document())).order_no

    def once_more(stored: StoredOrder, _: Parts) -> Kept:
        return Kept(stored._replace(work=stored.work._replace(attempts=stored.work.attempts + 1)))

    changed = await asyncio.gather(*(orders.book.change(number, once_more) for _ in range(20)))
    assert sorted(stored.work.attempts for stored in changed) == list(range(1, 21))


@pytest.mark.parametrize("seed", range(3))
async def test_many_at_once_make_one_reservation_each(orders: Orders, seed: int) -> None:
    await orders.service.stock_up("A", "PEK", 100)
    chance = random.Random(seed)
    versions = [
        document(1, payment="unpaid"),
        document(2),
        document(3, [line(quantity=3)]),
        document(4, [line(quantity=1), line("b", "B", 1)]),
    ]
    names = [str(number) for number in range(5)]
    arriving = [each | {"order_id": name} for name in names for each in versions for _ in range(2)]
    chance.shuffle(arriving)

    async def come(each: dict[str, object]) -> str:
        arrival = await orders.arrives(each)
        return (await orders.settle(arrival.order_no)).order.order_no

    numbers = set(await asyncio.gather(*map(come, arriving)))
    assert len(numbers) == len(names)
    for number in numbers:
        stored = await orders.settle(number)
        assert can_leave(stored) == {"a": 1, "b": 1}
        assert len(await orders.open_reservations(number)) == 1
    assert await orders.open_units() == {"A": (0, 5), "B": (0, 5)}
