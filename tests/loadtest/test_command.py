"""The command as a load tester starts it: real Locust, a real service, small and short."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

import pytest

from inventory_service.loadtest import options
from tests.acceptance.client import Api
from tests.acceptance.processes import children, command_line
from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY, RunningService

TIMEOUT_S = 120
SMALL = ("--users", "20", "--seconds", "3", "--units", "5")
LOOKUPS = ("stock_lookups", "--users", "5", "--seconds", "60")


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        running.environment["LOADTEST_API_KEY"] = BOOTSTRAP_KEY
        yield running


def started(service: RunningService, output: Path, *arguments: str) -> subprocess.Popen[str]:
    """`loadtest` against the service, its words in one stream."""
    return subprocess.Popen(
        [sys.executable, "-m", "inventory_service", "loadtest", *arguments, "--url", service.url, "--output", output],
        cwd=REPOSITORY, env=service.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def rest_of(process: subprocess.Popen[str]) -> str:
    """What it says until it ends; Ctrl-C twice if it does not, so that it takes Locust with it."""
    try:
        return process.communicate(timeout=TIMEOUT_S)[0]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        raise


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"it never said {pattern!r}:\n{said}")


def wrong_lines(output: Path) -> set[str]:
    """Names of the lines of the proof that failed, of the only run in the folder."""
    [record] = output.glob("*.json")
    return {line["name"] for line in json.loads(record.read_text())["checks"] if line["wrong"]}


def chart_text(output: Path) -> str:
    [chart] = output.glob("*.svg")
    return " ".join(each.text or "" for each in ET.parse(chart).iter())  # noqa: S314 - our own chart


def test_a_flash_sale_on_a_service_of_its_own_from_two_processes(service: RunningService, tmp_path: Path) -> None:
    arguments = ("loadtest", "flash_sale", *SMALL, "--processes", "2", "--output", str(tmp_path))
    done = service.program(*arguments, within_seconds=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "POST /v1/reservations/{reservation_id}/confirm" in done.stdout
    assert re.search(r"✓  load processes that handed in their books +2 of 2", done.stdout)
    assert "✓  `verify`: every invariant, record by record" in done.stdout
    assert "Proven." in done.stdout
    assert "of 15 units sold, 0 oversold" in chart_text(tmp_path)
    [table] = tmp_path.glob("*.csv")
    assert sum(int(row.split(",")[1]) for row in table.read_text().splitlines()[1:]) > 0


def test_a_scan_storm_on_a_given_service_as_json(service: RunningService, tmp_path: Path) -> None:
    arguments = ("scan_storm", "--users", "3", "--seconds", "2", "--json", "--url", service.url)
    done = service.program("loadtest", *arguments, "--output", str(tmp_path), within_seconds=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert told["counts"]["scans"] > 0
    assert told["counts"]["duplicate scans"] > 0
    assert {Path(name).suffix for name in told["files"]} == {".svg", ".json", ".csv"}


def test_a_mixed_day_is_proven(service: RunningService, tmp_path: Path) -> None:
    process = started(service, tmp_path, "mixed_day", "--users", "15", "--seconds", "2")
    assert "Proven." in rest_of(process)
    assert process.returncode == 0


async def test_stock_that_moves_behind_the_sale_is_caught(service: RunningService, tmp_path: Path) -> None:
    """A unit that nobody delivered, and an order that no shopper made: what an overselling service would show."""
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        before = await warehouses(api)
        process = started(service, tmp_path, "flash_sale", *SMALL)
        await asyncio.to_thread(read_until, process, r"\d+ s: \d+ users")
        warehouse = min(await warehouses(api) - before)
        sku = f"{warehouse.rpartition('-')[0]}-0000"
        receipt = {"movement_id": f"behind-{sku}", "type": "receive", "sku": sku, "quantity": 1, "warehouse": warehouse}
        (await api.post("/v1/stock/movements", {"movements": [receipt]})).ok()
        lines = [{"sku": sku, "quantity": 1}]
        await api.post("/v1/reservations", {"reservation_id": f"stranger-{sku}", "lines": lines, "ttl_seconds": 1})
    said = await asyncio.to_thread(rest_of, process)
    assert process.returncode == 1, said
    assert "Not proven" in said
    certain, possible = "each scan deducted once", {"reservations that nobody asked for", "oversold, of 15"}
    assert {certain} <= wrong_lines(tmp_path) <= {certain} | possible


async def warehouses(api: Api) -> set[str]:
    return {each["code"] for each in (await api.get("/v1/warehouses")).ok()["data"]}


def test_a_ctrl_c_ends_it_with_a_report_of_what_was_done(service: RunningService, tmp_path: Path) -> None:
    process = started(service, tmp_path, *LOOKUPS)
    read_until(process, r"\d+ s: 5 users")
    locust = {pid for pid in children(process.pid) if "locust" in command_line(pid)}
    assert locust
    process.send_signal(signal.SIGINT)
    said = rest_of(process)
    assert "Proven." in said
    assert process.returncode == 130
    assert not any("locust" in command_line(pid) for pid in locust)
    assert json.loads(next(tmp_path.glob("*.json")).read_text())["interrupted"] is True


def test_a_run_in_the_web_screen_is_proven_and_reported(service: RunningService, tmp_path: Path) -> None:
    process = started(service, tmp_path, *LOOKUPS, "--web")
    try:
        screen = read_until(process, r"http://127\.0\.0\.1:\d+ \(Ctrl-C").group().split(" ")[0]
        wait_until(lambda: bool(fetch(screen)))
        fetch(f"{screen}/swarm", b"user_count=3&spawn_rate=3&host=" + service.url.encode())
        wait_until(lambda: json.loads(fetch(f"{screen}/stats/requests"))["total_rps"] > 0)
        fetch(f"{screen}/stop", b"")
    finally:
        process.send_signal(signal.SIGINT)
        said = rest_of(process)
    assert said.count("Proven.") == 2  # by Locust, and in the report
    assert process.returncode == 0, said


def wait_until(holds: Callable[[], bool]) -> None:
    """Ask again and again; each question waits for its answer."""
    for _ in range(100_000):
        try:
            if holds():
                return
        except OSError:  # nobody listens yet
            continue
    raise AssertionError("it never came true")


def fetch(url: str, form: bytes | None = None) -> bytes:
    with urlopen(Request(url, form), timeout=60) as answer:  # noqa: S310 - http
        return bytes(answer.read())


def test_a_locustfile_runs_in_locusts_own_way(service: RunningService) -> None:
    arguments = ("-f", "loadtests/stock_lookups.py", "--headless", "-u", "3", "-r", "3", "-t", "2", "--host")
    command = [sys.executable, "-m", "locust", *arguments, service.url]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=service.environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Proven." in done.stdout

    stranger = service.environment | {"LOADTEST_API_KEY": "nobodys"}
    refused = subprocess.run(
        command, cwd=REPOSITORY, env=stranger, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert refused.returncode == 1
    assert "answers 401 unauthenticated: is LOADTEST_API_KEY a key with every scope?" in refused.stderr


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("http://127.0.0.1:9", "no inventory service answers at http://127.0.0.1:9"),
        ("{url}", "{url} does not know this API key (401)"),
    ],
)
def test_a_wrong_url_or_key_is_said_in_one_line(
    service: RunningService, tmp_path: Path, where: str, words: str
) -> None:
    target = ("--url", where.format(url=service.url), "--api-key", "nobodys")
    done = service.program("loadtest", *target, "--output", str(tmp_path))
    assert (done.returncode, done.stdout.count("\n"), done.stderr.count("\n")) == (1, 0, 1)
    assert done.stderr.startswith(f"error: {words.format(url=service.url)}")


def test_an_unknown_scenario_is_said_with_those_that_there_are(service: RunningService) -> None:
    done = service.program("loadtest", "black_friday", "--json")
    words = "there is no scenario 'black_friday', only flash_sale, mixed_day, scan_storm, stock_lookups"
    assert json.loads(done.stdout)["detail"].startswith(words)
    with pytest.raises(options.LoadTestError, match=r"^there is no locustfile sale\.py$"):
        options.find_locustfile("sale.py")


def test_without_locust_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "NEEDED", ("locust", "no_such_package"))
    with pytest.raises(options.LoadTestError, match=r"^no_such_package missing: pip install 'inventory-service\[load"):
        options.check_installed()


def test_locust_never_comes_into_our_process() -> None:
    """It patches sockets and threads of whoever imports it."""
    check = "import sys; from inventory_service.loadtest import chart, run; print('gevent' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
