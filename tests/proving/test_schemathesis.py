"""Schemathesis on the OpenAPI document, against one real service: every check, every phase, no server error."""

import asyncio
from collections import Counter

import pytest

from inventory_service.web.catalogue import ROUTES
from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.proving import fuzzing
from tests.proving.fuzzing import Exchange, Run
from tests.proving.goods import deliver

REQUESTS_MIN = 3000
# The chains of a reservation are walked by themselves too, for among all links they would seldom come up.
CHAINS = r"^/v1/(reservations.*|stock|stock/\{sku\})$"
PARTS = (
    Run("examples,coverage,fuzzing", 1),
    Run("stateful", 1),
    Run("stateful", 2, CHAINS),
    Run("stateful", 3, CHAINS),
)
RESERVE = "POST /v1/reservations"
ONE = f"{RESERVE}/{{reservation_id}}"


@pytest.fixture(scope="module")
def sent(service: RunningService, tmp_path_factory: pytest.TempPathFactory) -> list[Exchange]:
    """Stock is delivered anew before each part: what was sent till then may have used it up."""
    folder = tmp_path_factory.mktemp("schemathesis")
    found: list[Exchange] = []
    for part in PARTS:
        report = folder / f"{part.name}.ndjson"
        asyncio.run(_deliver(service.url, part.name))
        done = fuzzing.run(service.url, part, report)
        assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr[-4000:]}"
        found += fuzzing.exchanges(report)
    return found


async def _deliver(url: str, delivery: str) -> None:
    async with Api(url, BOOTSTRAP_KEY) as api:
        await deliver(api, delivery)


def test_thousands_of_requests_in_every_phase_and_no_server_error(sent: list[Exchange]) -> None:
    phases = Counter(exchange.phase for exchange in sent)
    assert phases.keys() >= {"examples", "coverage", "fuzzing", "stateful"}
    assert len(sent) >= REQUESTS_MIN, phases
    # A healthy service is ready all the time, so 503 is no excuse here either.
    assert [exchange for exchange in sent if exchange.status >= 500] == []


def test_every_call_succeeded_at_least_once(sent: list[Exchange]) -> None:
    """Else it was only ever refused, and nothing behind its first check was tried."""
    succeeded = {exchange.operation for exchange in sent if exchange.positive and exchange.succeeded}
    assert {f"{route.method} {route.path}" for route in ROUTES} - succeeded == set()


def test_most_of_what_is_right_is_accepted(sent: list[Exchange]) -> None:
    generated = [exchange for exchange in sent if exchange.positive and exchange.phase in {"fuzzing", "stateful"}]
    accepted = [exchange for exchange in generated if exchange.succeeded]
    assert len(accepted) > 0.7 * len(generated), Counter((each.operation, each.status) for each in generated)


@pytest.mark.parametrize(
    "walk",
    [
        (RESERVE, f"{ONE}/confirm"),
        (RESERVE, f"{ONE}/release"),
        (f"{ONE}/confirm", f"{ONE}/release"),
        (f"{ONE}/extend", f"{ONE}/confirm"),
        (f"{ONE}/confirm", f"GET {ONE.removeprefix('POST ')}"),
        ("POST /v1/stock/movements", "GET /v1/stock/{sku}"),
        ("GET /v1/stock/{sku}", RESERVE),
        ("GET /v1/wms/exceptions", "POST /v1/wms/exceptions/{exception_id}/resolve"),
    ],
    ids=" to ".join,
)
def test_links_lead_from_success_to_success(sent: list[Exchange], walk: tuple[str, ...]) -> None:
    assert any(_walks(exchange.chain, walk) for exchange in sent), _steps(sent)


def _walks(chain: list[str], walk: tuple[str, ...]) -> bool:
    return tuple(chain[-len(walk) :]) == walk


def _steps(sent: list[Exchange]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(exchange.chain[-3:]) for exchange in sent if exchange.phase == "stateful")
