"""Alarms as the ledger has them, and everything that tells them, on a clock that the test moves."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from inventory_service.domain.notices import Charge, Notice, Pace, Person, Place, Rule, Rules, Severity
from inventory_service.ledger.notice_book import PostgresNoticeBook
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.deliver_notices import DeliverNotices
from inventory_service.usecases.notice_ports import Limit, SinkFailed
from inventory_service.usecases.write_notices import WriteNotices
from tests.ledger.house import contents

LI = Person("Li Na", "13800000000", "li@example.org")
WANG = Person("Wang Wei")
SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
START_MS = 1_793_980_800_000  # 2026-11-06 16:00 UTC
PACE = Pace()
RULES = Rules(
    [
        Rule(["gate_*", "ledger_*"], ["chat", "mail"], Severity.CRITICAL, LI),
        Rule(["*"], ["chat"], Severity.WARNING, LI),
    ],
    [Charge(Place(warehouse="PEK"), WANG)],
)


class Clock:
    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms

    def pass_ms(self, time_ms: int) -> None:
        self.now_ms += time_ms


class Recorder:
    """A sink that keeps what it gets, or fails as long as it is told to."""

    def __init__(self, *limits: Limit) -> None:
        self.limits: Sequence[Limit] = limits
        self.got: list[Notice] = []
        self.failures: list[SinkFailed] = []

    async def send(self, notice: Notice) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(notice)
        return "thanks"

    async def close(self) -> None:
        """Nothing is open."""

    def steps(self) -> list[tuple[str, str, int]]:
        return [(notice.step.value, notice.alarm, notice.total) for notice in self.got]


class Told(NamedTuple):
    sink: str
    notice_id: str
    answer: str
    arrived: bool
    attempts: int


class Office:
    """One worker's notices on a real database."""

    def __init__(self, pool: Pool, clock: Clock, rules: Rules = RULES, **sinks: Recorder) -> None:
        self.pool = pool
        self.clock = clock
        self.sinks = sinks or {"chat": Recorder(), "mail": Recorder()}
        self.book = PostgresNoticeBook(pool)
        self.writer = WriteNotices(self.book, rules, list(self.sinks), PACE, clock)
        self.told: list[Told] = []
        self.deliveries = {
            name: DeliverNotices(name, sink, self.book, self._tell, clock) for name, sink in self.sinks.items()
        }

    def _tell(self, sink: str, notice_id: str, answer: str, *, arrived: bool, attempts: int) -> None:
        self.told.append(Told(sink, notice_id, answer, arrived, attempts))

    @property
    def chat(self) -> Recorder:
        return self.sinks["chat"]

    async def work(self, time_ms: int = 0) -> None:
        """Let time pass, then write what is due and send what can be sent."""
        self.clock.pass_ms(time_ms)
        await self.writer.run_once()
        for delivery in self.deliveries.values():
            while not await delivery.run_once():
                pass

    async def tell(self, time_ms: int = 0) -> None:
        """Look at what is new, and let it be gathered."""
        await self.work(time_ms)
        await self.work(PACE.gather_ms)

    async def raise_alarms(self, rule: str, *causes: str, **detail: Any) -> None:
        details = [_json(detail | {"sku": cause.split()[0], "warehouse": cause.split()[-1]}) for cause in causes]
        rows = ([rule] * len(causes), causes, [1] * len(causes), details, [self.clock()] * len(causes))
        await self.pool.execute(QUERIES["raise_alerts"], *rows)

    async def close_alarms(self, rule: str, *causes: str) -> None:
        await self.pool.execute(QUERIES["close_alerts"], [rule] * len(causes), causes, self.clock())

    async def acknowledge_all(self) -> None:
        await self.pool.execute("UPDATE alerts SET state = 'acknowledged' WHERE state = 'open'")

    async def rows(self) -> dict[str, int]:
        found = await contents(self.pool, ("notice_threads", "notice_alarms", "notices"))
        return {table: len(rows) for table, rows in found.items()}


def _json(detail: Any) -> str:
    import msgspec

    return msgspec.json.encode(detail).decode()
