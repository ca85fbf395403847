"""One service that tells everything: every line, every span, and secrets wherever one can stand."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.telemetry.otlp_receiver import Receiver, otlp_receiver

COLLECTOR_SECRET = "canary-of-the-collector-01234567"


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def service(receiver: Receiver) -> Iterator[RunningService]:
    """Nothing may have raised, and SIGTERM must end it with 0."""
    environment = {
        "INVENTORY_LOG_LEVEL": "debug",
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={COLLECTOR_SECRET}",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    with RunningService(environment=environment) as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.stop()
        assert "Traceback" not in running.log_text(), running.log_text()[-6000:]


@pytest.fixture
async def api(service: RunningService) -> AsyncIterator[Api]:
    async with Api(service.url, BOOTSTRAP_KEY) as caller:
        yield caller


@pytest.fixture
def shop(api: Api) -> Shop:
    return Shop(api)
