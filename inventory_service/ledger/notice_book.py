"""The NoticeBook port on Postgres: what people were told of alarms, and what is on its way to them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.notices import (
    CLOCK_BACK_MS,
    NAMED_MAX,
    Notice,
    Pace,
    Person,
    Severity,
    Standing,
    Step,
    named,
)
from inventory_service.ledger.pool import Connection, Pool, answering
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.reader import alert
from inventory_service.usecases.notice_ports import Claimed, Thread, Unseen
from inventory_service.usecases.ports import Alert

_ANSWER_MAX = 500  # of what the other side said
_UNNUMBERED = ""

_detail = msgspec.json.Decoder(dict[str, Any]).decode
_notice = msgspec.json.Decoder(Notice).decode


class Unsent(NamedTuple):
    """Notices of one sink that have not arrived yet. `answer`: of the newest attempt."""

    sink: str
    waiting: int
    attempts: int
    since_ms: int
    answer: str


class PostgresNoticeBook:
    """Implements `usecases.notice_ports.NoticeBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, sinks: Sequence[str]) -> None:
        async with answering(), self._pool.acquire() as connection, connection.transaction():
            await connection.execute(QUERIES["drop_threads_of_other_sinks"], sinks)
            await connection.execute(QUERIES["drop_notices_of_other_sinks"], sinks)
            await connection.execute(QUERIES["take_up_notices"])

    async def position(self) -> int:
        async with answering():
            newest: int = await self._pool.fetchval(QUERIES["newest_alert"])
            await self._pool.execute(QUERIES["begin_notice_position"], newest)
        return newest

    async def unseen(self, gather_ms: int, limit: int) -> Sequence[Unseen]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["unseen_alerts"], gather_ms, limit)
        return [Unseen(row["alert_id"], row["rule"], _detail(row["detail"])) for row in rows]

    async def see(self, threads: Mapping[Thread, Sequence[int]], now_ms: int) -> None:
        async with answering(), self._pool.acquire() as connection, connection.transaction():
            for thread, alert_ids in sorted(threads.items()):  # sorted: two workers never wait crosswise
                names = (thread.sink, thread.alarm, *thread.person, thread.severity)
                thread_id = await connection.fetchval(QUERIES["see_thread"], *names, now_ms)
                await connection.execute(QUERIES["see_alarms"], thread_id, alert_ids)

    async def looked(self, position: int) -> None:
        async with answering():
            await self._pool.execute(QUERIES["set_notice_position"], position)

    async def standings(self, pace: Pace, now_ms: int) -> Sequence[Standing]:
        async with answering():
            await self._pool.execute(QUERIES["note_calm"], now_ms)
            rows = await self._pool.fetch(
                QUERIES["standings"], now_ms - min(pace.more_ms, pace.still_ms), now_ms + CLOCK_BACK_MS
            )
        return [_standing(row) for row in rows]

    async def write(self, standing: Standing, step: Step, now_ms: int) -> bool:
        async with answering(), self._pool.acquire() as connection, connection.transaction():
            notice = await _written(connection, standing, step, now_ms)
            if not notice.total or not await _take(connection, standing, now_ms):
                return False
            content = msgspec.json.encode(notice).decode()
            await connection.execute(QUERIES["add_notice"], standing.thread_id, standing.sink, content, now_ms)
            if step == Step.OVER:
                await connection.execute(QUERIES["end_thread"], standing.thread_id)
            else:
                await connection.execute(QUERIES["alarms_are_told"], standing.thread_id)
                await connection.execute(QUERIES["closed_alarms_leave"], standing.thread_id)
        return True

    async def forget(self, standing: Standing) -> None:
        async with answering(), self._pool.acquire() as connection, connection.transaction():
            if await _take(connection, standing, standing.told_ms):
                await connection.execute(QUERIES["end_thread"], standing.thread_id)

    async def clear_sent(self, before_ms: int) -> None:
        async with answering():
            await self._pool.execute(QUERIES["clear_sent_notices"], before_ms)

    async def tried_since(self, sink: str, since_ms: int) -> Sequence[int]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["notices_tried_since"], sink, since_ms)
        return [row["tried_ms"] for row in rows]

    async def claim(self, sink: str, now_ms: int, abandoned_ms: int) -> Claimed | None:
        async with answering():
            row = await self._pool.fetchrow(QUERIES["claim_notice"], sink, now_ms, abandoned_ms, now_ms + CLOCK_BACK_MS)
        if row is None:
            return None
        notice = _notice(row["content"])._replace(notice_id=f"ntc_{row['notice_id']}")
        return Claimed(row["notice_id"], notice, row["attempts"])

    async def sent(self, number: int, answer: str, now_ms: int) -> None:
        async with answering():
            await self._pool.execute(QUERIES["notice_sent"], number, _storable(answer), now_ms)

    async def failed(self, number: int, answer: str, again_ms: int) -> None:
        async with answering():
            await self._pool.execute(QUERIES["notice_failed"], number, _storable(answer), again_ms)

    async def unsent(self) -> Sequence[Unsent]:
        """What waits, by sink. Raises NotReady."""
        async with answering():
            return [Unsent(*row) for row in await self._pool.fetch(QUERIES["unsent_notices"])]

    async def open_alarms(self, limit: int) -> Sequence[Alert]:
        """The newest first. Raises NotReady."""
        async with answering():
            return [alert(row) for row in await self._pool.fetch(QUERIES["open_alerts"], limit)]


async def _take(connection: Connection, standing: Standing, told_ms: int) -> bool:
    taken = await connection.fetchval(QUERIES["take_thread"], standing.thread_id, standing.told_ms, told_ms)
    return taken is not None


async def _written(connection: Connection, standing: Standing, step: Step, now_ms: int) -> Notice:
    over = step == Step.OVER
    counted: Any = await connection.fetchrow(QUERIES["count_alarms_of_thread"], standing.thread_id, over)
    rows = await connection.fetch(QUERIES["name_alarms_of_thread"], standing.thread_id, over, NAMED_MAX)
    return Notice(
        notice_id=_UNNUMBERED,
        step=step,
        alarm=standing.alarm,
        severity=standing.severity,
        person=standing.person,
        total=counted["all"] if over else counted["open"],
        ended=0 if over else counted["ended"],
        named=[named(row["cause"], row["opened_ms"], _detail(row["detail"])) for row in rows],
        since_ms=counted["since_ms"] or now_ms,
        written_ms=now_ms,
    )


def _standing(row: Any) -> Standing:
    return Standing(
        thread_id=row["thread_id"],
        sink=row["sink"],
        alarm=row["alarm"],
        severity=Severity(row["severity"]),
        person=Person(row["person"], row["mobile"], row["email"]),
        seen_ms=row["seen_ms"],
        told_ms=row["told_ms"],
        calm_ms=row["calm_ms"],
        fresh=row["fresh"],
        waits=row["waits"],
        longest_ms=row["longest_ms"],
    )


def _storable(answer: str) -> str:
    """Postgres holds no NUL, and nobody reads a page of HTML here."""
    return answer.replace("\0", " ").encode(errors="replace").decode()[:_ANSWER_MAX]
