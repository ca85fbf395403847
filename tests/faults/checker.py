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
from tests.faults.capacity import check_capacity
from tests.faults.expiry import check_expiry
from tests.faults.goods import CARGO, GOODS
from tests.faults.grace import check_grace
from tests.faults.lives import EVENT_TYPES, LISTS, Life, Order, Transfer
from tests.faults.load import Load, slices
from tests.faults.order import check_order
from tests.faults.rig import Rig
from tests.faults.sold_out import check_sold_out

_EVENTS = """
    SELECT e.seq, e.epoch, e.at_ms, e.type, e.op_id, e.subject, e.status, coalesce(r.deadline_ms, 0)
    FROM ledger_events e LEFT JOIN reservations r ON e.type = 'expire' AND r.reservation_id = e.subject
    WHERE e.seq > $1 ORDER BY e.seq
"""

COUNTERS = ("on_hand", "held", "committed", "incoming", "in_transit")


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
            findings += await check_capacity(books)
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
    told = [order for order in load.orders if order.told]
    for part in slices(told):
        body = {"operations": [{"op": "reserve", **life.reserve_body()} for life in part]}
        for life, result in zip(part, await _results(caller, "/v1/batch", body), strict=True):
            status = result["body"].get("status")
            if result["status"] != 200 or status != life.status:
                findings.append(f"lost: {life.subject} was told {life.status}, now {result}")
            elif life.warehouse and (here := life.told_by(result["body"]).warehouse) not in {"", life.warehouse}:
                findings.append(f"lost: {life.subject} was told that {life.warehouse} ships it, now {here}")
    findings += await _check_parts(caller, told)
    findings += await _check_duplicates(load, caller, told)
    findings += await check_transfers(load, caller)
    return findings


async def check_transfers(load: Load, caller: Caller) -> list[str]:
    """Opening it again changes nothing and finds it where its caller was told."""
    findings: list[str] = []
    for transfer in [life for life in load.lives if isinstance(life, Transfer) and life.told]:
        answer = await _answered(caller, *transfer.call(0))
        if answer[0] != 200 or transfer.told_by(answer[1]).status != transfer.status:
            findings.append(f"lost: {transfer.subject} was told {transfer.status}, now {answer}")
    return findings


async def _check_parts(caller: Caller, told: Sequence[Order]) -> list[str]:
    """Those whose last step gave back a part: what is open by now may be given back only by a new release id."""
    findings: list[str] = []
    for part in slices([life for life in told if life.steps[life.told - 1].verb == "part"]):
        operations = [life.item(life.told - 1) for life in part]
        for life, result in zip(part, await _results(caller, "/v1/batch", {"operations": operations}), strict=True):
            if result["body"].get("status") != life.status:
                findings.append(f"twice: a part of {life.subject}, told {life.status}, now {result}")
    return findings


async def _check_duplicates(load: Load, caller: Caller, told: Sequence[Order]) -> list[str]:
    listed: dict[str, list[Any]] = {verb: [] for verb in LISTS}
    for life in told:
        for index, step in enumerate(life.steps[: life.told]):
            if step.verb in LISTS:
                listed[step.verb].append(life.item(index))
    movements = [movement.body() for movement in load.movements if movement.told]
    results: list[Any] = []
    for path, name, sent in (
        *((*LISTS[verb], items) for verb, items in listed.items()),
        ("/v1/stock/movements", "movements", movements),
    ):
        for start in range(0, len(sent), 1000):
            results += await _results(caller, path, {name: sent[start : start + 1000]})
    return [f"lost: {result}" for result in results if result["result"] != "duplicate"]


async def check_stock(load: Load, caller: Caller) -> list[str]:
    """Counters are what the acknowledged calls add up to; no more was sold than came in."""
    findings = []
    brought: Counter[tuple[str, str]] = Counter()
    for movement in load.movements:
        brought[movement.sku, movement.type] += movement.quantity * movement.told
    effects: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    on_their_way: Counter[str] = Counter()
    for life in load.lives:
        effects[life.sku] = [a + b for a, b in zip(effects[life.sku], life.effect, strict=True)]
        if isinstance(life, Transfer):
            on_their_way[life.sku] += life.on_its_way
    for goods in GOODS.values():
        sku = load.sku(goods.name)
        change, held, committed = effects[sku]
        came, expected = brought[sku, "receive"], brought[sku, "expect"]
        wanted = (came + change, held, committed, expected + on_their_way[sku], on_their_way[sku])
        status, stock = await _answered(caller, f"/v1/stock/{sku}")
        found = tuple(stock.get(name) for name in COUNTERS)
        if (status, found) != (200, wanted):
            findings.append(f"stock of {sku} is {found}, callers were told {wanted}")
        sold, for_sale = held + committed - change, goods.scarce or came
        if goods is not CARGO and sold > for_sale:
            findings.append(f"sold twice: {sold} units of {sku}, of {for_sale}")
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
        found = of_subject.pop(life.subject, Counter())
        wanted = _events_of(life)
        if life.repeated and found["extend"] > wanted["extend"]:
            found["extend"] = wanted["extend"]  # each attempt is a new deadline: nothing tells a repeat from a wish
        if found != wanted:
            findings.append(
                f"{'lost' if wanted - found else 'unasked'}: {life.subject} was told {dict(wanted)}, "
                f"the ledger has {dict(found)}"
            )
    for movement in load.movements:
        found = of_subject.pop(movement.movement_id, Counter())
        if found.total() != movement.told:
            findings.append(f"lost: {movement.movement_id} has {found.total()} events, told {movement.told}")
    for life in load.parked:
        found = of_subject.pop(f"{life.subject}:s{len(life.steps) - 1}", Counter())
        if found != {"park": 1}:
            findings.append(f"lost: the scan that came before {life.subject} has {dict(found)} beside its order")
    for goods in GOODS.values():
        if goods.policy and of_subject[load.sku(goods.name)].keys() == {"policy"}:
            del of_subject[load.sku(goods.name)]
    findings += [f"twice: scan {scan_id}" for scan_id, count in scans.items() if count > 1]
    findings += [f"unasked: {subject} has {dict(counts)}" for subject, counts in of_subject.items()]
    return findings


def _events_of(life: Life) -> Counter[str]:
    wanted = Counter(EVENT_TYPES.get(step.verb, step.verb) for step in life.steps[: life.told])
    if life.ended:
        wanted["expire" if life.ended == "expired" else "release"] += 1
    return wanted


async def _answered(caller: Caller, path: str, body: Any = None) -> tuple[int, Any]:
    """A definite answer, when all is well again: nobody is put off."""

    async def answered() -> tuple[int, Any] | None:
        answer = await caller.call("POST" if body is not None else "GET", path, body)
        return None if answer is None or answer[0] in {429, 503} else answer

    answer = await eventually(answered, f"{path} is answered")
    assert answer is not None
    return answer


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
