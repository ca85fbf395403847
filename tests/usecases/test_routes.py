"""Routes: found at once, looked up where a name is new, and made anew when something in them changed."""

from dataclasses import replace
from datetime import date

import pytest

from inventory_service.domain.commands import CLOSED, Shift
from inventory_service.domain.errors import Refused
from inventory_service.domain.warehouse import Outbound
from inventory_service.usecases.attributes import Attributes, to_json
from inventory_service.usecases.requests import AllocationWish
from inventory_service.usecases.routes import WINDOWS_MAX_AGE_MS, Routes
from tests.usecases.conftest import BEIJING, SHANGHAI
from tests.usecases.ports import MemoryWarehouses
from tests.usecases.ports import record as a_record

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
DAY = 21_000  # 2027-07-01


class Clock:
    def __init__(self) -> None:
        self.now_ms = DAY * DAY_MS + 12 * HOUR_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_one_that_is_both_wanted_and_excluded_is_refused(routes: Routes) -> None:
    wish = AllocationWish(warehouses=("SHA", "PEK"), excluded=("NEW", "PEK"))
    with pytest.raises(Refused) as caught:
        routes.find(None, wish)
    assert (caught.value.code, caught.value.pointer) == ("validation_failed", "/allocation/excluded/1")
    with pytest.raises(Refused) as caught:  # a preview has no other way
        await routes.look_up(None, wish)
    assert (caught.value.code, caught.value.pointer) == ("validation_failed", "/allocation/excluded/1")


async def test_an_excluded_one_must_exist(routes: Routes, warehouses: MemoryWarehouses) -> None:
    wish = AllocationWish(excluded=("SHA", "GONE"))
    assert routes.find(None, wish) is None
    with pytest.raises(Refused) as caught:
        await routes.look_up(None, wish)
    assert (caught.value.code, caught.value.pointer) == ("unknown_warehouse", "/allocation/excluded/1")
    found = await routes.look_up(None, AllocationWish(excluded=("SHA", "NEW")))
    assert (found.ranked, warehouses.asked) == (("PEK",), ["GONE", "NEW"])


async def test_what_is_taken_again_keeps_its_wish(routes: Routes) -> None:
    attributes = to_json(Attributes(allocation=AllocationWish("priority", excluded=("PEK",), max_splits=1)))
    again = routes.again(a_record(attributes=attributes))
    assert (again.ranked, again.max_splits) == (("SHA",), 1)


async def test_windows_are_made_anew_in_time(clock: Clock) -> None:
    full = replace(SHANGHAI, outbound=Outbound("UTC", "16:00", daily_capacity=9))
    warehouses = MemoryWarehouses(full, BEIJING)
    routes = Routes(warehouses, clock)
    first = routes.find(None, AllocationWish())
    assert first is not None
    (window,) = first.windows
    assert window.shifts[0] == Shift(DAY * DAY_MS + 16 * HOUR_MS, DAY, 9)
    clock.now_ms += WINDOWS_MAX_AGE_MS
    assert routes.find(None, AllocationWish()) is first  # looked at again: nothing changed
    clock.now_ms += 4 * WINDOWS_MAX_AGE_MS + 1
    later = routes.find(None, AllocationWish())
    assert later is not None
    assert later.windows[0].shifts[0].day == DAY + 1
    clock.now_ms -= DAY_MS  # a clock that was set back
    back = routes.find(None, AllocationWish())
    assert back is not None
    assert back.windows[0].shifts[0].day == DAY


async def test_a_route_that_is_kept_stays_right_for_a_day_of_the_kernels_clock(clock: Clock) -> None:
    """The longest that one is kept, and both clocks apart by an hour and a day."""
    closing = Outbound("UTC", "16:00", closed_dates=((date(2027, 7, 3), date(2027, 7, 9)),))
    routes = Routes(MemoryWarehouses(replace(SHANGHAI, outbound=closing)), clock)
    clock.now_ms -= 8 * HOUR_MS
    made_ms = clock.now_ms
    found = routes.find(None, AllocationWish())
    clock.now_ms += WINDOWS_MAX_AGE_MS - 1
    assert routes.find(None, AllocationWish()) is found
    assert found is None or not found.windows  # closed in two days: nothing to say yet
    clock.now_ms = made_ms + 26 * HOUR_MS
    late = routes.find(None, AllocationWish())
    assert late is not None
    assert [shift.day for shift in late.windows[0].shifts] == [DAY + 1, CLOSED]
    assert late.windows[0].shifts[-1].until_ms >= clock.now_ms + DAY_MS + WINDOWS_MAX_AGE_MS
