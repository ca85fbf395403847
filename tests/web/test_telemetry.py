"""Log lines and metrics, across processes as they run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inventory_service import telemetry

ROOT = Path(__file__).parents[2]

LOGS = """
import logging, sys, structlog
from inventory_service.telemetry import configure_logs
configure_logs("info", sys.stdout)
structlog.contextvars.bind_contextvars(request_id="req_1", client="shop")
structlog.get_logger().info("thing.done", count=3, odd="\\ud800", when={1, 2})
structlog.get_logger().debug("never.seen")
logging.getLogger("aiohttp.server").warning("from a library")
try:
    raise ValueError("why")
except ValueError as error:
    structlog.get_logger().error("thing.failed", exc_info=error)
"""

COUNT = """
import pytest

from inventory_service import telemetry
telemetry.observe_request("/livez", "GET", 200, 0.001)
print(telemetry.exposition().decode())
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_log_lines() -> None:
    done, library, failed = map(json.loads, run(LOGS).splitlines())
    assert (done["event"], done["level"], done["request_id"], done["client"]) == ("thing.done", "info", "req_1", "shop")
    assert done["timestamp"].endswith("Z")
    assert (library["event"], library["level"]) == ("from a library", "warning")
    assert "ValueError: why" in failed["exception"]


def test_one_process_answers_for_all(tmp_path: Path) -> None:
    """A restarted process goes on with the file of its predecessor: counters grow, files do not."""
    names = ("api-0", "api-1", "api-0")
    texts = [run(COUNT, **{telemetry.MULTIPROCESS_DIR: str(tmp_path), telemetry.PROCESS_NAME: name}) for name in names]
    counted = [
        line for text in texts for line in text.splitlines() if line.startswith("inventory_http_requests_total{")
    ]
    assert [line.rpartition(" ")[2] for line in counted] == ["1.0", "2.0", "3.0"]
    assert {path.name for path in tmp_path.glob("counter_*")} == {"counter_api-0.db", "counter_api-1.db"}


def test_an_alarm_is_a_line_and_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.tell_alarm("rule_of_this_test", "A SHA", 2, {"deficit": 3})
    assert b'inventory_alarms_total{rule="rule_of_this_test"} 2.0' in telemetry.exposition()
    assert "A SHA" in capsys.readouterr().out


def test_labels_stay_few() -> None:
    for number in range(50):
        telemetry.observe_request(telemetry.UNMATCHED, f"METHOD{number}", 400, 0.0)
    assert b"METHOD" not in telemetry.exposition()
