"""What a call that moves a whole warehouse's orders says when a store goes away between two of them."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from redis.asyncio import Redis

from inventory_service.domain.commands import Reallocate, ReservationCommand
from inventory_service.domain.errors import NotReady, OutcomeUnknown
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.ledger.decisions import PostgresDecisions
from inventory_service.usecases.reallocate import ReallocateReservations
from inventory_service.usecases.reservation_desk import ReservationDesk
from tests.usecases.real import Service, running_service


@pytest.fixture
async def service(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[Service]:
    async with running_service(redis_url, database_url) as service:
        await service.stock_up("A", "PEK", 9)
        for name in ("r1", "r2"):
            await service.held(name)
        await service.stock_up("A", "SHA", 9)
        yield service


class LeavingEngine:
    """The kernel, which is away behind so many orders that moved."""

    def __init__(self, engine: RedisEngine, moves: int) -> None:
        self._engine = engine
        self._moves = moves

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def reservation(self, command: ReservationCommand) -> Awaitable[Any]:
        self._moves -= isinstance(command, Reallocate)
        return _away() if self._moves < 0 else self._engine.reservation(command)


async def _away() -> Any:
    raise NotReady("away")


def moving(service: Service, moves: int) -> ReallocateReservations:
    engine: Any = LeavingEngine(service.engine, moves)
    desk = ReservationDesk(engine, service.ledger, service.routes)
    book = PostgresDecisions(service.pool, service.arrival)
    return ReallocateReservations(engine, desk, service.routes, service.registry, book)


async def test_nothing_happened_is_only_said_when_nothing_did(service: Service) -> None:
    with pytest.raises(NotReady):
        await moving(service, 0).all_of("PEK", "ops", 10, "")
    with pytest.raises(OutcomeUnknown):
        await moving(service, 1).all_of("PEK", "ops", 10, "")
    assert (await moving(service, 9).all_of("PEK", "ops", 10, "")).moved == ["r2"]
