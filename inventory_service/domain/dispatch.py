"""A warehouse's calendar as the kernel needs it: until when an order still leaves on which day."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from inventory_service.domain.commands import CLOSED, UNBOUNDED, Shift, Window
from inventory_service.domain.warehouse import Outbound, Warehouse

HOUR_MS = 3_600_000
# The kernel's clock decides. It may be behind or ahead of the one that windows are made by, and they are kept a while.
BEFORE_MS = HOUR_MS
AHEAD_MS = 26 * HOUR_MS

_EPOCH = date(1970, 1, 1)
_MIDNIGHT = time()
_DAY = timedelta(days=1)


def windows(warehouses: Mapping[str, Warehouse], now_ms: int) -> dict[str, Window]:
    """By code, of those that close or fill up around `now_ms`; right from an hour before it until a day after."""
    made = {code: _window(warehouse, now_ms) for code, warehouse in warehouses.items()}
    return {code: window for code, window in made.items() if window}


def shifts(outbound: Outbound, from_ms: int, until_ms: int) -> tuple[Shift, ...]:
    """Which shift an order belongs to at any time of [from_ms, until_ms): the first whose `until_ms` lies behind it.

    An order leaves on the first working day whose cut-off is still ahead. A weekday off and a passed cut-off only move
    the day; where that day is a closed date, the warehouse takes nothing.
    """
    found: list[Shift] = []
    for shift in _from(outbound, from_ms):
        if found and found[-1].day == CLOSED == shift.day:
            found.pop()  # one long closure is one shift
        found.append(shift)
        if shift.until_ms >= until_ms:
            break
    return tuple(found)


def _window(warehouse: Warehouse, now_ms: int) -> Window | None:
    if warehouse.outbound is None or not warehouse.outbound.time_zone:
        return None
    found = shifts(warehouse.outbound, now_ms - BEFORE_MS, now_ms + AHEAD_MS)
    matters = any(shift.day == CLOSED or shift.capacity != UNBOUNDED for shift in found)
    return Window(warehouse.code, found) if matters else None


def _from(outbound: Outbound, from_ms: int) -> Iterator[Shift]:
    zone = _zone(outbound.time_zone)
    cut_off = time.fromisoformat(outbound.cut_off) if outbound.cut_off else None
    capacity = UNBOUNDED if outbound.daily_capacity is None else outbound.daily_capacity
    day = datetime.fromtimestamp(from_ms / 1000, zone).date()
    while True:
        if day.isoweekday() in outbound.working_days:
            until_ms = _instant_ms(day, cut_off, zone) if cut_off else _instant_ms(day + _DAY, _MIDNIGHT, zone)
            if until_ms > from_ms:
                closed = any(first <= day <= last for first, last in outbound.closed_dates)
                yield Shift(until_ms, CLOSED, UNBOUNDED) if closed else Shift(until_ms, (day - _EPOCH).days, capacity)
        day += _DAY


def _instant_ms(day: date, wall: time, zone: tzinfo) -> int:
    """Of a time by the wall clock: one that the change to summer time leaves out counts as that much later, one that
    comes twice as the first.
    """
    return int(datetime.combine(day, wall, zone).timestamp()) * 1000


def _zone(name: str) -> tzinfo:
    """UTC for a zone that another machine knows and this one does not: a cut-off some hours off stops no orders."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # what ZoneInfo raises; its own error is a KeyError
        return UTC
