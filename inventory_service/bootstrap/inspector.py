"""What Redis says of itself, asked by many at once over one connection; and from that, whether we are ready."""

import asyncio
from collections.abc import Sequence

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.ledger.migrator import State, status
from inventory_service.ledger.pool import Pool, postgres_errors
from inventory_service.ledger.turn import shops_without_hub
from inventory_service.usecases.fullness import holds_refused
from inventory_service.usecases.ledger_ports import AlarmBook
from inventory_service.usecases.open_gate import ALARM
from inventory_service.usecases.ports import HotState, Warehouses
from inventory_service.usecases.standing import HotInspection

ANSWER_MAX_S = 1.0  # a call is answered within 5 s, and this is only a part of it


class Inspector:
    """Everybody who asks while an inspection is under way shares the next one: the answer is never older than the
    question, and a caller who gives up does not tear the connection from the others.
    """

    def __init__(self, hot: HotState) -> None:
        self._hot = hot
        self._running: asyncio.Task[HotInspection] | None = None
        self._next: asyncio.Task[HotInspection] | None = None

    async def inspect(self) -> HotInspection:
        """Raises NotReady."""
        if self._next is None:
            self._next = asyncio.create_task(self._behind(self._running), name="inspection of Redis")
            self._next.add_done_callback(_seen)
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                return await asyncio.shield(self._next)
        except TimeoutError as error:
            raise NotReady("Redis does not answer.") from error

    async def acknowledged(self) -> Position:
        """The position of the last entry. Raises NotReady."""
        return (await self.inspect()).position

    async def stop(self) -> None:
        """Let go of the connection."""
        tasks = [task for task in (self._running, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _behind(self, before: asyncio.Task[HotInspection] | None) -> HotInspection:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        return await self._hot.inspect()


class StoreReadiness:
    """Implements `usecases.ports.Readiness`: Redis answers, its gate is open for it, the schema is up to date, and
    the warehouses are known.

    Postgres need not answer any more: reservations go on without it. So the schema only counts once it could be
    looked at.
    """

    def __init__(self, inspector: Inspector, pool: Pool, warehouses: Warehouses, alarms: AlarmBook) -> None:
        self._inspector = inspector
        self._pool = pool
        self._warehouses = warehouses
        self._alarms = alarms
        self._migrated = False

    async def reasons(self) -> Sequence[str]:
        return [reason for reason in (await self._store(), await self._schema(), self._registry()) if reason]

    async def warnings(self) -> Sequence[str]:
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                shops = await shops_without_hub(self._pool)
        except (NotReady, TimeoutError):
            return []
        return [f"No hub is at work: the orders of {shops} shops do not come."] if shops else []

    async def _store(self) -> str:
        try:
            inspection = await self._inspector.inspect()
        except NotReady as error:
            return str(error)
        return holds_refused(inspection) if inspection.gate_is_open else await self._why_closed()

    async def _why_closed(self) -> str:
        """As the worker told it, where it refused."""
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                told = await self._alarms.open_detail(ALARM)
        except (NotReady, TimeoutError):
            return "The gate is closed, and Postgres, with which Redis has to be compared, does not answer."
        return str(told["reason"]) if told else "The gate is closed: the worker has not opened the store yet."

    def _registry(self) -> str:
        try:
            self._warehouses.all()
        except NotReady as error:
            return str(error)
        return ""

    async def _schema(self) -> str:
        if self._migrated:
            return ""
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                with postgres_errors():
                    pending = [each.name for each in await status(self._pool) if each.state is not State.APPLIED]
        except (NotReady, TimeoutError):
            return ""
        self._migrated = not pending
        return f"The database has not been migrated: {', '.join(pending)}." if pending else ""


def _seen(task: "asyncio.Task[HotInspection]") -> None:
    """Whoever asked may be gone by now; an error that nobody awaits is no news."""
    if not task.cancelled():
        task.exception()
