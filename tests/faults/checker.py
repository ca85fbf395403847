"""The one checker: what was told is there, once; nobody got a unit twice; every invariant of `verify` holds."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.usecases.verify import Verify
from tests.acceptance.waiting import eventually
from tests.faults.lives import EVENT_TYPES, Life
from tests.faults.load import Load, slices
from tests.faults.order import check_order
from tests.faults.rig import Rig

DRAIN_SECONDS = 30.0
RETENTION_MS = 7 * 24 * 3600 * 1000
BACKLOG_LIMIT = 2_000_000
_EVENTS = """
    SELECT seq, at_ms, type, op_id, subject, status FROM ledger_events WHERE seq > $1 ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the ledger."""

    seq: int
    at_ms: int
    type: str
    op_id: str
    subject: str
    status: str


class Checker:
    """Of one database: knows where in the ledger the scenario before ended."""

    def __init__(self) -> None:
        self._seq = 0

    async def check(self, rig: Rig, load: Load) -> list[str]:
        """What is wrong, in words; [] when all is well. Raises AssertionError when the ledger does not catch up."""
        hot = RedisState(rig.redis.url, RETENTION_MS, BACKLOG_LIMIT)
        try:
            async with make_pool(rig.database_url, size_max=2) as pool:
                await self._caught_up(hot, pool)
                findings = await check_repeats(load)
                findings += await check_stock(load)
                await self._caught_up(hot, pool)
                events = [Event(*row) for row in await pool.fetch(_EVENTS, self._seq)]
                findings += check_events(load, events)
                findings += check_order(load, events)
                for finding in await Verify(PostgresSnapshots(pool), hot).run():
                    if not finding.ok:
                        findings.append(f"{finding.name}: {finding.detail}")
                self._seq = events[-1].seq if events else self._seq
        finally:
            await hot.close()
        return findings

    async def _caught_up(self, hot: RedisState, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        async def there() -> bool:
            position = (await hot.inspect()).position
            row = await pool.fetchrow("SELECT epoch, seq FROM ledger_offsets")
            return row is not None and (row["epoch"], row["seq"]) == position

        await eventually(there, "the ledger has everything", DRAIN_SECONDS)


async def check_repeats(load: Load) -> list[str]:
    """Every acknowledged id is still known: nothing new comes of it, and it stands where its caller was told."""
    findings: list[str] = []
    told = [life for life in load.lives if life.told]
    for part in slices(told):
        body = {"operations": [{"op": "reserve", **life.reserve_body()} for life in part]}
        for life, result in zip(part, await _results(load, "/v1/batch", body), strict=True):
            status = result["body"].get("status")
            if result["status"] != 200 or status != life.status:
                findings.append(f"lost: {life.reservation_id} was told {life.status}, now {result}")
    findings += await _check_duplicates(load, told)
    return findings


async def _check_duplicates(load: Load, told: Sequence[Life]) -> list[str]:
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
            results += await _results(load, path, {name: sent[start : start + 1000]})
    return [f"lost: {result}" for result in results if result["result"] != "duplicate"]


async def check_stock(load: Load) -> list[str]:
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
        answer = await load.caller.get(f"/v1/stock/{sku}")
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
    findings += [f"twice: scan {scan_id}" for scan_id, count in scans.items() if count > 1]
    findings += [f"unasked: {subject} has {dict(counts)}" for subject, counts in of_subject.items()]
    return findings


def _events_of(life: Life) -> Counter[str]:
    wanted = Counter(EVENT_TYPES.get(step.verb, step.verb) for step in life.steps[: life.told])
    if life.ended:
        wanted["expire" if life.ended == "expired" else "release"] += 1
    return wanted


async def _results(load: Load, path: str, body: Any) -> list[Any]:
    """The results of a list call, when all is well again."""

    async def answered() -> list[Any] | None:
        answer = await load.caller.post(path, body)
        return answer[1]["results"] if answer is not None and answer[0] == 200 else None

    results = await eventually(answered, f"{path} is answered")
    assert results is not None
    return results
