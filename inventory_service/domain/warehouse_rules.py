"""What a warehouse's description may not say: settings that contradict each other, or name what there is not."""

import re
from zoneinfo import ZoneInfo

from inventory_service.domain.errors import Refused
from inventory_service.domain.regions import EVERYWHERE, names_region, same_area
from inventory_service.domain.warehouse import EVERY_DAY, Freight, Outbound, Warehouse

_ZONE = re.compile(r"\A[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*\Z")


def check(warehouse: Warehouse) -> None:
    """Raises Refused (`validation_failed`) with the pointer of the first setting that cannot be."""
    if warehouse.outbound is not None:
        _check_outbound(warehouse.outbound)
    if warehouse.freight is not None:
        _check_freight(warehouse.freight)


def _check_outbound(outbound: Outbound) -> None:
    if not outbound.time_zone:
        for name, given in {
            "cut_off": bool(outbound.cut_off),
            "working_days": outbound.working_days != EVERY_DAY,
            "closed_dates": bool(outbound.closed_dates),
            "daily_capacity": outbound.daily_capacity is not None,
        }.items():
            if given:
                raise _no(
                    f"/outbound/{name}", f"`{name}` needs a `time_zone`: without one nobody knows when a day ends."
                )
    elif not _is_zone(outbound.time_zone):
        raise _no("/outbound/time_zone", f"There is no time zone {outbound.time_zone}; one is Asia/Shanghai.")
    for index, (first, last) in enumerate(outbound.closed_dates):
        if first > last:
            raise _no(f"/outbound/closed_dates/{index}/to", f"The last day, {last}, is before the first, {first}.")


def _check_freight(freight: Freight) -> None:
    spelled: dict[str, str] = {}
    for code in freight.amounts:
        pointer = "/freight/amounts/" + code.replace("~", "~0").replace("/", "~1")
        if code != EVERYWHERE and not names_region(code):
            raise _no(
                pointer, f"{code} is no region code, such as 310000, 440300 or SG, and not * for everywhere else."
            )
        other = spelled.setdefault(same_area(code), code)
        if other != code:
            raise _no(pointer, f"{code} and {other} are the same region: it has one price.")


def _is_zone(name: str) -> bool:
    if not _ZONE.match(name):
        return False
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # what ZoneInfo raises; its own error is a KeyError
        return False
    return True


def _no(pointer: str, detail: str) -> Refused:
    return Refused("validation_failed", detail, pointer)
