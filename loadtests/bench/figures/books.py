"""What Redis keeps of a hold and of an id, and how fast the ledger is filled: kernel and writer without the processes
around them.
"""

import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

from redis.asyncio import Redis

from inventory_service.domain.commands import Movement, Reserve
from inventory_service.domain.stock import QUANTITY_MAX
from inventory_service.engine.keys import Keys
from loadtests.bench.at_size import BACKLOG_LIMIT, BACKLOG_MAX, HOT, Shop, movement, reserve
from loadtests.bench.forms import ALWAYS, NOT_QUICK, Figure, Form
from loadtests.bench.rows import BYTES, RATE, Reach, Row, alone, compared
from loadtests.bench.steady.house import eventually

WARM_UP = 1_000  # so that what there is once is there before anything is compared
TRIM_SECONDS = 30.0
WAIT_MS = 100  # of a look for new entries
_NEWEST = "SELECT * FROM ledger_events ORDER BY seq DESC LIMIT $1"
_numbers = itertools.count()


def holds(number: int) -> Iterator[Reserve]:
    return (reserve(f"order-{next(_numbers):09d}", HOT) for _ in range(number))


def movements(number: int) -> Iterator[Movement]:
    """Of one unit each: nothing is left of them but their ids."""
    return (movement(f"delivery-{next(_numbers):09d}", "receive", HOT, 1) for _ in range(number))


def supply() -> Iterator[Movement]:
    yield movement(f"supply-{next(_numbers)}", "receive", HOT, QUANTITY_MAX)


async def measure_memory(shop: Shop, form: Form) -> Sequence[Row]:
    """Once the ledger caught up and the log was let go of, as half an hour later."""
    await shop.do(supply())
    await shop.do(holds(WARM_UP))
    await shop.do(movements(WARM_UP))
    async with Redis.from_url(shop.redis_url) as client:
        bytes_used = [await _data_bytes(shop, client)]
        for commands in (holds(form.holds), movements(form.holds)):
            await shop.fill(commands, BACKLOG_MAX)
            bytes_used.append(await _data_bytes(shop, client))
    per_hold, per_id = ((after - before) / form.holds for before, after in itertools.pairwise(bytes_used))
    return [
        alone("Redis memory per open hold", BYTES, [per_hold], Reach(220, at_most=True)),
        alone("Redis memory per remembered id", BYTES, [per_id], Reach(60, at_most=True)),
    ]


async def _data_bytes(shop: Shop, client: Redis) -> float:
    """Everything that is kept; not the buffers of connections, which come and go."""
    events = Keys((await shop.hot.inspect()).built).events

    async def trimmed() -> bool:
        await shop.persist.run_once(WAIT_MS)
        return await client.xlen(events) <= 1

    await shop.catch_up()
    await eventually(trimmed, "the log is let go of", TRIM_SECONDS)
    return float((await client.info("memory"))["used_memory_dataset"])


async def measure_writing(shop: Shop, form: Form) -> Sequence[Row]:
    """The writer on events that wait for it, in turn with a COPY of the very rows of events that it wrote."""
    await shop.do(supply())
    await shop.pool.execute("CREATE TABLE copied (LIKE ledger_events INCLUDING ALL)")
    written: list[float] = []
    copied: list[float] = []
    for _ in range(form.rounds):
        await shop.fill(holds(form.reservations), BACKLOG_LIMIT)
        written.append(form.reservations / await _seconds(shop.catch_up))
        copied.append(await _copy(shop, form.reservations))
    return [compared("ledger writer, events / COPY of their rows alone", RATE, written, copied, None)]


async def _copy(shop: Shop, number: int) -> float:
    async with shop.pool.acquire() as connection:
        rows = [tuple(row) for row in await connection.fetch(_NEWEST, number)]
        await connection.execute("TRUNCATE copied")
        return len(rows) / await _seconds(lambda: connection.copy_records_to_table("copied", records=rows))


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


MEMORY = Figure("memory", measure_memory, ALWAYS)
WRITING = Figure("writing", measure_writing, NOT_QUICK)
