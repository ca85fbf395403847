"""Answers that wait until the ledger has them, told by the position that it reached."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from inventory_service.domain.durability import Durability, Levels
from inventory_service.domain.errors import NotReady, OutcomeUnknown
from inventory_service.domain.events import Position
from inventory_service.engine import acknowledgement
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.ledger import arrival as arrival_module
from inventory_service.ledger.arrival import CHANNEL, Arrival
from inventory_service.ledger.ear import Ear
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.requalify import PostgresQuarantine
from tests.kernel import make
from tests.ledger.house import SHA, House

TURN_SECONDS = 30.0
PATIENT_SECONDS = 60.0
END_THE_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
IN_THE_LEDGER = Levels(confirms=Durability.LEDGER)


async def nothing_acknowledged() -> Position:
    return Position(0, 0)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(TURN_SECONDS):
        while not await holds():  # noqa: ASYNC110  # a server has no event of ours
            await asyncio.sleep(0)


@asynccontextmanager
async def running(url: str, arrival: Arrival) -> AsyncIterator[RedisEngine]:
    engine = RedisEngine(url, IN_THE_LEDGER, ledger=arrival)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def hearing(pool: Pool, arrival: Arrival, heard: bool = True) -> AsyncIterator[None]:
    """It hears what the writer announces; not `heard`: it only looks."""
    ear = Ear(pool, {CHANNEL: arrival.hear} if heard else {})
    await ear.listen()
    try:
        yield
    finally:
        await ear.stop()


@pytest.fixture
async def held(open_house: House) -> House:
    """Two held reservations, and the ledger has them."""
    await open_house.do(make.receive("A", 9, SHA), make.reserve("r", "A*2"), make.reserve("s", "A*2"))
    await open_house.flush()
    return open_house


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acknowledgement, "_LEDGER_SECONDS_MAX", PATIENT_SECONDS)
    monkeypatch.setattr(acknowledgement, "_ANSWER_SECONDS", PATIENT_SECONDS)


async def confirmed(house: House, reservation_id: str) -> bool:
    return (await house.hot.records_of([reservation_id]))[reservation_id].status == "confirmed"


async def test_a_confirm_is_told_once_the_ledger_has_it_and_so_is_its_repeat(
    held: House, redis_url: str, patient: None
) -> None:
    async with running(redis_url, Arrival(held.pool, nothing_acknowledged)) as engine:
        command = make.confirm("r")
        first = engine.reservation(command)
        await until(lambda: confirmed(held, "r"))
        again = [engine.reservation(command), engine.reservation(make.confirm("r"))]
        # Another class does not wait, and does not wait behind those who do.
        assert (await engine.movement(make.receive("A", 1, SHA))).durability == "disk"
        assert not any(asyncio.ensure_future(answer).done() for answer in (first, *again))
        await held.flush()
        outcomes = [await answer for answer in (first, *again)]
    assert [(outcome.code, outcome.durability) for outcome in outcomes] == [
        ("confirmed", "ledger"), ("confirmed", "ledger"), ("replayed", "ledger"),
    ]  # fmt: skip


async def test_a_refusal_waits_for_nothing(held: House, redis_url: str, patient: None) -> None:
    async with running(redis_url, Arrival(held.pool, nothing_acknowledged)) as engine:
        await engine.reservation(make.release("s"))
        outcome = await engine.reservation(make.confirm("s"))
    assert (outcome.code, outcome.durability) == ("reservation_released", "")


async def test_what_takes_too_long_is_done_and_says_how_far_it_got(
    held: House, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledgement, "_LEDGER_SECONDS_MAX", 0.05)
    async with running(redis_url, Arrival(held.pool, nothing_acknowledged)) as engine:
        outcome = await engine.reservation(make.confirm("r"))
        assert (outcome.code, outcome.durability) == ("confirmed", "disk")
        monkeypatch.setattr(acknowledgement, "_LEDGER_SECONDS_MAX", PATIENT_SECONDS)
        monkeypatch.setattr(acknowledgement, "_ANSWER_SECONDS", PATIENT_SECONDS)
        await held.flush()
        outcome = await engine.reservation(make.confirm("r"))
        assert (outcome.code, outcome.durability) == ("replayed", "ledger")


async def test_whose_epoch_ended_meanwhile_does_not_know(held: House, redis_url: str, patient: None) -> None:
    async with running(redis_url, Arrival(held.pool, nothing_acknowledged)) as engine:
        waiting = engine.reservation(make.confirm("r"))
        await until(lambda: confirmed(held, "r"))
        await held.open()  # in a new epoch, the ledger still behind
        with pytest.raises(OutcomeUnknown):
            await waiting
        await held.flush()
        again = await engine.reservation(make.confirm("r"))
        assert (again.code, again.durability) == ("replayed", "ledger")


async def test_an_announcement_is_enough(
    held: House, redis_url: str, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival_module, "LOOK_APART_S", 600.0)
    arrival = Arrival(held.pool, nothing_acknowledged)
    async with hearing(held.pool, arrival), running(redis_url, arrival) as engine:
        waiting = engine.reservation(make.confirm("r"))
        await until(lambda: confirmed(held, "r"))
        await held.flush()
        async with asyncio.timeout(TURN_SECONDS):
            assert (await waiting).durability == "ledger"


QUARANTINED = {
    "its SKU": "ALTER TABLE stock_levels ADD CONSTRAINT poison CHECK (sku <> 'A' OR committed = 0)",
    "itself": "ALTER TABLE reservations ADD CONSTRAINT poison CHECK (reservation_id <> 'r' OR status = 'held')",
    "nobody knows whose": "INSERT INTO quarantined_subjects VALUES ('event', 'evt_1', 1, '', '{}', 1)",
}


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("whose", QUARANTINED)
async def test_what_is_quarantined_is_not_in_the_ledger(
    whose: str, heard: bool, held: House, redis_url: str, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the announcement of the very flush that sets it aside, nor by a look. Others are there all the same."""
    await held.do(make.receive("B", 9, SHA), make.reserve("other", "B*2"))
    await held.flush()
    arrival = Arrival(held.pool, nothing_acknowledged)
    assert await arrival.reached(held.persist.position, PATIENT_SECONDS)
    if heard:
        monkeypatch.setattr(arrival_module, "LOOK_APART_S", 600.0)
    await held.pool.execute(QUARANTINED[whose])
    async with hearing(held.pool, arrival, heard), running(redis_url, arrival) as engine:
        said = await confirm_both(held, engine)
        assert said == ["disk", "disk" if whose == "nobody knows whose" else "ledger"]
        await held.pool.execute("ALTER TABLE stock_levels DROP CONSTRAINT IF EXISTS poison")
        await held.pool.execute("ALTER TABLE reservations DROP CONSTRAINT IF EXISTS poison")
        assert await PostgresQuarantine(held.pool).requalify() == []
        await held.do(make.receive("B", 1, SHA))  # what is announced next tells of it
        assert await confirm_both(held, engine) == ["ledger", "ledger"]


async def confirm_both(house: House, engine: RedisEngine) -> list[str]:
    answers = [engine.reservation(make.confirm(name)) for name in ("r", "other")]
    await until(lambda: confirmed(house, "other"))
    await house.flush()
    async with asyncio.timeout(TURN_SECONDS):
        return [(await answer).durability for answer in answers]


async def test_a_postgres_that_comes_back_in_time_is_no_loss(
    held: House, redis_url: str, database_url: str, patient: None
) -> None:
    async with (
        make_pool(database_url, size_max=1) as pool,
        running(redis_url, Arrival(pool, nothing_acknowledged)) as engine,
    ):
        waiting = engine.reservation(make.confirm("r"))
        await until(lambda: confirmed(held, "r"))
        ended = 0
        async with asyncio.timeout(TURN_SECONDS):
            while ended < 5:
                ended += await held.pool.fetchval(END_THE_OTHERS)
        await held.flush()
        assert (await waiting).durability == "ledger"


async def test_each_is_told_as_soon_as_the_ledger_is_there(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival_module, "LOOK_APART_S", 600.0)
    arrival = Arrival(database, nothing_acknowledged)
    places = [Position(3, 7), Position(3, 5), Position(4, 9), Position(3, 6)]
    waits = [asyncio.ensure_future(arrival.reached(place, PATIENT_SECONDS)) for place in places]
    arrival.hear("1 9-99 0")  # of another partition
    assert await told_by(arrival, "0 3-6 0", waits[1], waits[3])
    assert not waits[0].done()
    assert await told_by(arrival, "0 4-8 0")
    with pytest.raises(OutcomeUnknown):
        await waits[0]  # epoch 4 may have begun without what was acknowledged as 3-7
    assert not waits[2].done()
    assert await told_by(arrival, "0 4-9 0", waits[2])
    assert await arrival.reached(Position(5, 9), 0.0)  # nothing was written in epoch 5 yet


async def told_by(arrival: Arrival, announcement: str, *waits: "asyncio.Future[bool]") -> bool:
    await asyncio.sleep(0)  # those who wait have begun to
    arrival.hear(announcement)
    return all([await wait for wait in waits])


async def test_reading_says_that_postgres_is_away_and_acknowledging_does_not(database_url: str) -> None:
    async def acknowledged() -> Position:
        return Position(1, 1)

    async with make_pool("postgresql://nobody@127.0.0.1:1/nothing", size_max=1) as pool:
        arrival = Arrival(pool, acknowledged)
        with pytest.raises(NotReady):
            await arrival.wait()
        assert not await arrival.reached(Position(1, 1), 0.05)
