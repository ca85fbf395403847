"""One service that tells everything: every line, every span, and secrets wherever one can stand."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.telemetry.otlp_receiver import Receiver, otlp_receiver

COLLECTOR_SECRET = "canary-of-the-collector-01234567"

NOTICES_SECRET = "canary-of-the-robot-0123456789"
NOTICES = f"""
[pace]
gather_seconds = 0
[people.li]
name = "Li Na"
[sinks.log]
type = "log"
[sinks.nowhere]
type = "dingtalk"
token_env = "NOTICES_TOKEN"
secret = "{NOTICES_SECRET}"
base_url = "http://127.0.0.1:9"
[[rules]]
alarms = ["*"]
sinks = ["log", "nowhere"]
responsible = "li"
"""


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def notices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sink that takes everything, and one where nobody listens."""
    path = tmp_path_factory.mktemp("notices") / "notices.toml"
    path.write_text(NOTICES, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def service(receiver: Receiver, notices: Path) -> Iterator[RunningService]:
    """Nothing may have raised, and SIGTERM must end it with 0."""
    environment = {
        "INVENTORY_LOG_LEVEL": "debug",
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={COLLECTOR_SECRET}",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "INVENTORY_NOTICES": str(notices),
        "NOTICES_TOKEN": NOTICES_SECRET,
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
