"""What the writer and the ledger tell of a busy morning."""

from redis.asyncio import Redis

from inventory_service.engine.keys import META
from inventory_service.ledger.figures import PostgresFigures
from inventory_service.ledger.rows import gather
from inventory_service.ledger.subjects import PlacedEvent, placed_events
from inventory_service.ledger.tally import units_moved
from tests.kernel import make
from tests.ledger.house import SHA, House, busy_morning

LATE_MS = 7_000


async def test_units_and_how_late_a_hold_expired(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 10, SHA), make.reserve("r", "A*3", make.route(SHA), ttl_ms=5))
    (_, reserved) = await open_house.entries()
    await redis.hset(META, "clock_ms", str(reserved.at_ms + 5 + LATE_MS))
    await open_house.do(make.receive("A", 4, SHA))
    events = [placed for placed in placed_events(await open_house.entries()) if isinstance(placed, PlacedEvent)]
    flush = gather(events, 0)
    assert dict(units_moved([flush])) == {"receive": 14, "reserve": 3, "expire": 3}
    assert flush.expiry_delays_ms == [LATE_MS]


async def test_open_cases_are_counted(open_house: House) -> None:
    figures = PostgresFigures(open_house.pool)
    assert (await figures.figures()).deficit_levels == 0
    await open_house.do(*busy_morning(), make.move("m-3", "count", "A", 1, SHA, force=True))
    await open_house.flush()
    told = await figures.figures()
    rows = await open_house.pool.fetch("SELECT held + committed + unavailable - on_hand AS deficit FROM stock_levels")
    short = [row["deficit"] for row in rows if row["deficit"] > 0]
    assert (told.deficit_levels, told.deficit_units) == (len(short), sum(short))
    assert short
    assert told.alerts["deficit"] == len(short)
    waiting = await open_house.pool.fetch("SELECT kind, code, count(*) AS times FROM scan_exceptions GROUP BY 1, 2")
    assert told.exceptions == {(row["kind"], row["code"]): row["times"] for row in waiting}
    assert waiting
