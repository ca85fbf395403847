"""The AlarmBook port on Postgres: alarms that no event causes, told as those of the writer are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from inventory_service.ledger.pool import Pool, postgres_errors
from inventory_service.ledger.queries import QUERIES

Tell = Callable[[str, str, int, Mapping[str, object]], None]


def _tell_nobody(rule: str, cause: str, times: int, detail: Mapping[str, object]) -> None:
    """For processes that only read: the worker alone has the metrics of alarms."""


class PostgresAlarmBook:
    """Implements `usecases.ports.AlarmBook`. `tell` gives an alarm its log line and metric, beside its row."""

    def __init__(self, pool: Pool, tell: Tell = _tell_nobody) -> None:
        self._pool = pool
        self._tell = tell

    async def raise_alarm(self, rule: str, cause: str, detail: Mapping[str, object], at_ms: int) -> None:
        columns = ([rule], [cause], [1], [msgspec.json.encode(detail).decode()], [at_ms])
        with postgres_errors():
            await self._pool.execute(QUERIES["raise_alerts"], *columns)
        self._tell(rule, cause, 1, detail)

    async def raise_anew(self, rule: str, cause: str, detail: Mapping[str, object], at_ms: int) -> None:
        with postgres_errors():
            told = msgspec.json.encode(detail).decode()
            await self._pool.execute(QUERIES["raise_alert_anew"], rule, cause, told, at_ms)
        self._tell(rule, cause, 1, detail)

    async def close_alarms(self, rule: str, at_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["close_alerts_of_rule"], rule, at_ms)

    async def close_alarm(self, rule: str, cause: str, at_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["close_alerts"], [rule], [cause], at_ms)

    async def close_other_alarms(self, rule: str, causes: Sequence[str], at_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["close_other_alerts"], rule, list(causes), at_ms)

    async def close_quiet_alarms(self, rule: str, before_ms: int, at_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["close_quiet_alerts"], rule, before_ms, at_ms)

    async def open_detail(self, rule: str) -> Mapping[str, object] | None:
        with postgres_errors():
            detail: Any = await self._pool.fetchval(QUERIES["newest_open_alert"], rule)
        return None if detail is None else msgspec.json.decode(detail, type=dict[str, object])
