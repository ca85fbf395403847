"""A loop waits for a store that is away; every other error ends it."""

import pytest

from inventory_service.domain.errors import Fenced, NotReady, OutcomeUnknown, Overloaded, ServiceError
from inventory_service.workers import loops
from inventory_service.workers.loops import Loop
from inventory_service.workers.shutdown import Shutdown


@pytest.mark.parametrize("error", [NotReady("away"), Overloaded("full"), OutcomeUnknown("no reply")])
async def test_a_store_that_is_away_is_waited_for(error: ServiceError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "RETRY_S", 0.0)
    outcomes: list[ServiceError | None] = [error, error, None]

    async def run_once() -> float | None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return None

    await Loop("ticker", run_once).run(Shutdown())
    assert outcomes == []


async def test_another_error_ends_it() -> None:
    async def run_once() -> float | None:
        raise Fenced("another worker")

    with pytest.raises(Fenced):
        await Loop("write_behind", run_once).run(Shutdown())
