"""The invariant of daily outbound capacity: each order takes one place per warehouse and day, and gives it back."""

from inventory_service.usecases.findings import Check, Finding
from inventory_service.usecases.ports import HotState, LedgerSnapshots

_DAY_MS = 86_400_000
_TRIES = 3


async def check_places(hot: HotState, ledger: LedgerSnapshots) -> Finding:
    """Compared where both stand at the same event; of a log that never stands still nothing is told."""
    check = Check("places taken in Redis are those of the orders in the ledger")
    for _ in range(_TRIES):
        before = await hot.inspect()
        places = await hot.places()
        async with ledger.audit() as audit:
            today = before.now_ms // _DAY_MS
            wanted = await audit.places(today)
            quarantined = await audit.quarantined()
            seq = audit.position.seq
        if seq != before.position.seq or (await hot.inspect()).position.seq != seq:
            continue
        for place in sorted(wanted.keys() | places.keys()) if not quarantined else ():
            if place.day >= today:
                check.checked += 1
                if wanted.get(place, 0) != places.get(place, 0):
                    told = f"{places.get(place, 0)} in Redis, {wanted.get(place, 0)} in the ledger"
                    check.differs(f"{place.warehouse} on day {place.day}: {told}")
        break
    return check.finding("places")
