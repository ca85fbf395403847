"""The one checker: what was told is there, once; nobody got a unit twice; every invariant of `verify` holds."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.usecases.verify import Verify
from tests.acceptance.waiting import eventually
from tests.faults.books import open_books
from tests.faults.caller import Caller
from tests.faults.expiry import check_expiry
from tests.faults.grace import check_grace
from tests.faults.lives import EVENT_TYPES, Life
from tests.faults.load import Load, slices
from tests.faults.order import check_order
from tests.faults.rig import Rig
from tests.faults.sold_out import check_sold_out

_EVENTS = """
    SELECT e.seq, e.epoch, e.at_ms, e.type, e.op_id, e.subject, e.status, coalesce(r.deadline_ms, 0)
    FROM ledger_events e LEFT JOIN reservations r ON e.type = 'expire' AND r.reservation_id = e.subject
    WHERE e.seq > $1 ORDER BY e.seq
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the ledger. `deadline_ms`: of a hold that expired."""

    seq: int
    epoch: int
    at_ms: int
    type: str
    op_id: str
    subject: str
    status: str
    deadline_ms: int


class Checker:
    """Of one database: knows where in the ledger the scenario before ended, and what its callers were told."""

    def __init__(self) -> None:
        self._seq = 0
        self._loads: list[Load] = []
        self.expired_late_ms: list[int] = []  # how long after its deadline each hold expired

    async def check(self, rig: Rig, load: Load) -> list[str]:
        """What is wrong, in words; [] when all is well. Raises AssertionError when the ledger does not catch up."""
        async with open_books(rig) as books:
            await books.caught_up()
            findings = await check_repeats(load, load.caller)
            findings += await check_stock(load, load.caller)
            await books.caught_up()
            events = [Event(*row) for row in await books.pool.fetch(_EVENTS, self._seq)]
            findings += check_events(load, events)
            findings += check_order(load, events)
            findings += check_sold_out(load, events)
            early, late_ms = check_expiry(events)
            findings += early
            self.expired_late_ms += late_ms
            findings += check_grace(events, (await books.hot.inspect()).opened_ms)
            for finding in await Verify(PostgresSnapshots(books.pool), books.hot).run():
                if not finding.ok:
                    findings.append(f"{finding.name}: {finding.detail}")
            self._seq = events[-1].seq if events else self._seq
        self._loads.append(load)
        return findings

    async def check_again(self, rig: Rig) -> list[str]:
        """What the callers of all scenarios on this database were told still stands, whatever came behind it."""
        findings: list[str] = []
        caller = rig.caller()
        try:
            for load in self._loads:
                findings += await check_repeats(load, caller)
                findings += await check_stock(load, caller)
        finally:
            await caller.close()
        return findings


async def check_repeats(load: Load, caller: Caller) -> list[str]:
    """Every acknowledged id is still known: nothing new comes of it, and it stands where its caller was told."""
    findings: list[str] = []
    told = [life for life in load.lives if life.told]
    for part in slices(told):
        body = {"operations": [{"op": "reserve", **life.reserve_body()} for life in part]}
        for life, result in zip(part, await _results(caller, "/v1/batch", body), strict=True):
            status = result["body"].get("status")
            if result["status"] != 200 or status != life.status:
                findings.append(f"lost: {life.reservation_id} was told {life.status}, now {result}")
    findings += await _check_parts(caller, told)
    findings += await _check_duplicates(load, caller, told)
    return findings


async def _check_parts(caller: Caller, told: Sequence[Life]) -> list[str]:
    """Those whose last step gave back a part: what is open by now may be given back only by a new release id."""
    findings: list[str] = []
    for part in slices([life for life in told if life.steps[life.told - 1].verb == "part"]):
        operations = [life.operation(life.told - 1) for life in part]
        for life, result in zip(part, await _results(caller, "/v1/batch", {"operations": operations}), strict=True):
            if result["body"].get("status") != life.status:
                findings.append(f"twice: a part of {life.reservation_id}, told {life.status}, now {result}")
    return findings


async def _check_duplicates(load: Load, caller: Caller, told: Sequence[Life]) -> list[str]:
    scans = [
        life.operation(index)
        for life in told
        for index, step in enumerate(life.steps[: life.told])
        if step.verb == "scan"
    ]
    movements = [movement.body() for movement in load.movements if movement.told]
    results: list[Any] = []
    for path, name, sent in (
        ("/v1/wms/outbound-scans", "scans", scans),
        ("/v1/stock/movements", "movements", movements),
    ):
        for start in range(0, len(sent), 1000):
            results += await _results(caller, path, {name: sent[start : start + 1000]})
    return [f"lost: {result}" for result in results if result["result"] != "duplicate"]


async def check_stock(load: Load, caller: Caller) -> list[str]:
    """Counters are what the acknowledged calls add up to; no more was sold than came in."""
    findings = []
    received: Counter[str] = Counter()
    for movement in load.movements:
        received[movement.sku] += movement.quantity * movement.told
    effects: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for life in load.lives:
        effects[life.sku] = [a + b for a, b in zip(effects[life.sku], life.effect, strict=True)]
    for sku, units in received.items():
        shipped, held, committed = effects[sku]
        wanted = (units + shipped, held, committed)
        answer = await caller.get(f"/v1/stock/{sku}")
        assert answer is not None
        assert answer[0] == 200, answer
        found = tuple(answer[1][name] for name in ("on_hand", "held", "committed"))
        if found != wanted:
            findings.append(f"stock of {sku} is {found}, callers were told {wanted}")
        if held + committed - shipped > units:
            findings.append(f"sold twice: {held + committed - shipped} units of {sku}, of {units}")
    return findings


def check_events(load: Load, events: Sequence[Event]) -> list[str]:
    """Each acknowledged call has exactly one event, and no event is without a caller."""
    of_subject: dict[str, Counter[str]] = defaultdict(Counter)
    scans: Counter[str] = Counter()
    for event in events:
        of_subject[event.subject][event.type] += 1
        scans[event.op_id] += event.type == "scan"
    findings: list[str] = []
    for life in load.lives:
        found = of_subject.pop(life.reservation_id, Counter())
        wanted = _events_of(life)
        if life.repeated and found["extend"] > wanted["extend"]:
            found["extend"] = wanted["extend"]  # each attempt is a new deadline: nothing tells a repeat from a wish
        if found != wanted:
            findings.append(
                f"{'lost' if wanted - found else 'unasked'}: {life.reservation_id} was told {dict(wanted)}, "
                f"the ledger has {dict(found)}"
            )
    for movement in load.movements:
        found = of_subject.pop(movement.movement_id, Counter())
        if found.total() != movement.told:
            findings.append(f"lost: {movement.movement_id} has {found.total()} events, told {movement.told}")
    for life in load.parked:
        found = of_subject.pop(f"{life.reservation_id}:s{len(life.steps) - 1}", Counter())
        if found != {"park": 1}:
            findings.append(f"lost: the scan that came before {life.reservation_id} has {dict(found)} beside its order")
    findings += [f"twice: scan {scan_id}" for scan_id, count in scans.items() if count > 1]
    findings += [f"unasked: {subject} has {dict(counts)}" for subject, counts in of_subject.items()]
    return findings


def _events_of(life: Life) -> Counter[str]:
    wanted = Counter(EVENT_TYPES.get(step.verb, step.verb) for step in life.steps[: life.told])
    if life.ended:
        wanted["expire" if life.ended == "expired" else "release"] += 1
    return wanted


async def _results(caller: Caller, path: str, body: Any) -> list[Any]:
    """The results of a list call, when all is well again: nobody is put off, not even one of the list."""

    async def answered() -> list[Any] | None:
        answer = await caller.post(path, body)
        if answer is None or answer[0] != 200:
            return None
        results: list[Any] = answer[1]["results"]
        return results if all(result.get("status") != 503 for result in results) else None

    results = await eventually(answered, f"{path} is answered")
    assert results is not None
    return results
