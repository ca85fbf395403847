"""What left Redis is asked of a ledger that lags."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import OutcomeUnknown, Refused
from inventory_service.domain.transfer import Transfer
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.move_between import MoveBetween, TransferRequest
from inventory_service.usecases.transfer_ports import TransferFilter, TransferPage
from tests.usecases.real import Service, running_service

REQUEST = TransferRequest("t1", "SHA", "PEK", [LineRequest("A", 3)], content={"quantity": 3})


class Lagging:
    """Answers with what it has been told so far."""

    def __init__(self) -> None:
        self.told: Transfer | None = None

    async def transfer(self, transfer_id: str) -> Transfer | None:
        return self.told if transfer_id == "t1" else None

    async def transfers(self, wanted: TransferFilter, limit: int, cursor: str) -> TransferPage:
        raise AssertionError((wanted, limit, cursor))


@pytest.fixture
async def service(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[Service]:
    async with running_service(redis_url, database_url) as service:
        await service.stock_up("A", "SHA", 10)
        await service.warehouses.put(Warehouse("PEK", "PEK"))
        yield service


async def test_a_repeat_of_the_call_that_ended_it_is_never_refused(service: Service) -> None:
    ledger = Lagging()
    move = MoveBetween(service.engine, ledger, service.registry)
    draft = (await move.open("wms", REQUEST)).transfer
    ended = (await move.cancel("wms", "t1")).transfer
    for ledger.told in (None, draft):
        for repeat in (move.cancel("wms", "t1"), move.open("wms", REQUEST)):
            with pytest.raises(OutcomeUnknown):
                await repeat
    ledger.told = ended
    assert (await move.cancel("wms", "t1")).code == "replayed"
    assert (await move.open("wms", REQUEST)).transfer == ended
    with pytest.raises(Refused) as caught:
        await move.ship("wms", "t1", (), False)
    assert caught.value.code == "transfer_state"


async def test_what_nobody_knows_is_not_found(service: Service) -> None:
    with pytest.raises(Refused) as caught:
        await MoveBetween(service.engine, Lagging(), service.registry).cancel("wms", "t2")
    assert caught.value.code == "not_found"
