"""Log lines and metrics, across processes as they run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inventory_service.telemetry import alarms, books, requests
from inventory_service.telemetry.processes import MULTIPROCESS_DIR, PROCESS_NAME
from inventory_service.telemetry.registry import exposition

ROOT = Path(__file__).parents[2]

LOGS = """
import logging, sys, structlog
from inventory_service.telemetry import configure_logs, context, logs
configure_logs("info", sys.stdout)
logs.tell_always(lambda: {"position": "2-7", "client": "never over the request's own"})
request = context.begin("req_1")
request.client = "shop"
context.about("order-1")
structlog.get_logger().info("thing.done", count=3, odd="\\ud800", when={1, 2}, client="named")
structlog.get_logger().debug("never.seen")
logging.getLogger("aiohttp.server").warning("from a library")
try:
    raise ValueError("why")
except ValueError as error:
    structlog.get_logger().error("thing.failed", exc_info=error)
"""

COUNT = """
from inventory_service.telemetry import requests
from inventory_service.telemetry.registry import exposition
requests.answered("/livez", "GET", 200, "", 0.001)
requests.connections.inc()
print(exposition().decode())
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
    done, library, failed = map(json.loads, run(LOGS, **{PROCESS_NAME: "api-1"}).splitlines())
    assert (done["event"], done["level"], done["client"]) == ("thing.done", "info", "named")
    assert done["timestamp"].endswith("Z")
    assert (library["event"], library["level"]) == ("from a library", "warning")
    assert "ValueError: why" in failed["exception"]
    for line in (done, library, failed):
        ids = (line["request_id"], line["reservation_id"], line["process"], line["position"])
        assert ids == ("req_1", "order-1", "api-1", "2-7")


def test_one_process_answers_for_all(tmp_path: Path) -> None:
    """A restarted process goes on with its predecessor's counters and begins its gauges anew; files do not grow."""
    names = ("api-0", "api-1", "api-0")
    texts = [run(COUNT, **{MULTIPROCESS_DIR: str(tmp_path), PROCESS_NAME: name}) for name in names]

    def values(name: str) -> list[str]:
        return [line.rpartition(" ")[2] for text in texts for line in text.splitlines() if line.startswith(name)]

    assert values("inventory_http_requests_total{") == ["1.0", "2.0", "3.0"]
    assert values("inventory_http_connections ") == ["1.0", "2.0", "2.0"]
    assert {path.name for path in tmp_path.glob("counter_*")} == {"counter_api-0.db", "counter_api-1.db"}


def test_an_alarm_is_a_line_and_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    alarms.tell_alarm("rule_of_this_test", "A SHA", 2, {"deficit": 3})
    assert b'inventory_alarms_total{rule="rule_of_this_test"} 2.0' in exposition()
    assert "A SHA" in capsys.readouterr().out


def test_labels_stay_few() -> None:
    for number in range(50):
        requests.answered(requests.UNMATCHED, f"METHOD{number}", 400, "bad_request", 0.0)
    assert b"METHOD" not in exposition()


def test_a_redis_that_began_anew_is_counted_from_zero() -> None:
    scripts = books.Scripts()
    assert scripts.grown_to(100, 1.0) == (0, 0.0)  # what was before this process is not its to tell
    assert scripts.grown_to(130, 1.5) == (30, 0.5)
    assert scripts.grown_to(7, 0.25) == (7, 0.25)
