"""The doctor's judgements, one symptom at a time: each is told with its mend, and nothing else is."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inventory_service.bootstrap.doctor import books, machine, servers
from inventory_service.bootstrap.doctor.lines import Line, Verdict, size
from inventory_service.domain.events import Position
from inventory_service.engine.durability import REQUIRED
from inventory_service.engine.report import RedisReport
from inventory_service.ledger.migrator import MigrationStatus, State
from inventory_service.ledger.report import LedgerReport, PostgresReport
from inventory_service.settings import Settings
from inventory_service.usecases.judge_state import Cause, Decision
from inventory_service.usecases.judge_state import Verdict as JudgedAs
from inventory_service.usecases.standing import Closed, HotInspection

SETTINGS = Settings(redis_url="redis://cache", database_url="postgresql://db/inventory", workers=2)
REDIS = RedisReport(
    server="valkey", version="8.1.0", role="master", settings=dict(REQUIRED), aof_failing=False,
    loading=False, used_memory=10, maxmemory=100, system_memory=1000, now_ms=50, asked_ms=50, backlog_limit=1000,
    held=0, inspection=HotInspection("run:repl", "d", "run:repl", Position(3, 100), 3, 100, 0, 50),
)  # fmt: skip
POSTGRES = PostgresReport(
    settings={"fsync": "on", "full_page_writes": "on", "max_connections": "100", "server_version": "18.1 (Debian)"},
    now_ms=50, asked_ms=50, recovering=False, connections=9,
    migrations=[MigrationStatus("0001_ledger.sql", State.APPLIED)],
)  # fmt: skip
LEDGER = LedgerReport(
    deployment="d",
    position=Position(3, 100),
    highest_epoch=3,
    worker=True,
    hub=True,
    shops=2,
    open_alerts=0,
    quarantined=0,
    open_exceptions=0,
)


def inspected(**facts: Any) -> RedisReport:
    return replace(REDIS, inspection=replace(REDIS.inspection, **facts))


def at(seq: int) -> RedisReport:
    return inspected(position=Position(3, seq))


def unwell(lines: Iterable[Line]) -> dict[str, tuple[str, str]]:
    """Name → verdict and mend of what is not ok. Whoever is unwell is told how to mend it, whoever is well is not."""
    lines = list(lines)
    assert all(bool(line.mend) == (line.verdict is not Verdict.OK) for line in lines), lines
    return {line.name: (line.verdict.value, line.mend) for line in lines if line.mend}


def test_a_healthy_service_has_nothing_to_mend() -> None:
    assert unwell(servers.redis_lines(REDIS, SETTINGS)) == {}
    assert unwell(servers.postgres_lines(POSTGRES, SETTINGS)) == {}
    assert unwell([*books.ledger_lines(REDIS, LEDGER), *books.case_lines(LEDGER), books.worker_line(LEDGER)]) == {}
    assert unwell([books.gate_line(REDIS, LEDGER, None), books.clock_line({"machine": 0, "Redis": -4000})]) == {}


@pytest.mark.parametrize(
    ("symptom", "name", "verdict", "mend"),
    [
        ({"role": "slave"}, "server", "wrong", "primary"),
        ({"version": "6.2.1"}, "server", "wrong", "7.0 or newer"),
        ({"loading": True}, "server", "wrong", "Wait"),
        ({"settings": {}}, "durability", "warning", "INVENTORY_REDIS_DURABILITY=asserted"),
        ({"settings": {**REQUIRED, "appendonly": "no"}}, "durability", "wrong", "CONFIG SET appendonly yes"),
        ({"aof_failing": True}, "append-only file", "wrong", "disk"),
        ({"used_memory": 80}, "memory", "warning", "maxmemory"),
        ({"used_memory": 95}, "memory", "wrong", "maxmemory"),
        ({"maxmemory": 0, "used_memory": 800}, "memory", "warning", "maxmemory"),
    ],
)
def test_redis(symptom: dict[str, Any], name: str, verdict: str, mend: str) -> None:
    told = unwell(servers.redis_lines(replace(REDIS, **symptom), SETTINGS))
    assert told.keys() == {name}
    assert told[name][0] == verdict
    assert mend in told[name][1]


def test_durability_that_is_vouched_for_is_believed() -> None:
    vouched = Settings(redis_url="redis://cache", database_url="postgresql://db/x", redis_durability="asserted")
    assert unwell(servers.redis_lines(replace(REDIS, settings={}), vouched)) == {}


@pytest.mark.parametrize(
    ("symptom", "name", "verdict", "mend"),
    [
        ({"recovering": True}, "server", "wrong", "primary"),
        ({"settings": {**POSTGRES.settings, "server_version": "14.2"}}, "server", "wrong", "15 or newer"),
        ({"settings": {**POSTGRES.settings, "fsync": "off"}}, "durability", "wrong", "fsync = on"),
        ({"settings": {**POSTGRES.settings, "max_connections": "20"}}, "connections", "warning", "max_connections"),
        ({"connections": 98}, "connections", "warning", "max_connections"),
        ({"migrations": [MigrationStatus("0002_x.sql", State.PENDING)]}, "migrations", "wrong", "migrate up"),
        (
            {"migrations": [MigrationStatus("0001_x.sql", State.MISSING)]},
            "migrations",
            "wrong",
            "version of the program",
        ),
        ({"schema_problem": "0003.sql: no such"}, "migrations", "wrong", "program"),
    ],
)
def test_postgres(symptom: dict[str, Any], name: str, verdict: str, mend: str) -> None:
    told = unwell(servers.postgres_lines(replace(POSTGRES, **symptom), SETTINGS))
    assert told.keys() == {name}
    assert told[name][0] == verdict
    assert mend in told[name][1]


REFUSED = Decision(JudgedAs.REFUSE, Cause.GAP, "Restore a newer backup.")


@pytest.mark.parametrize(
    ("redis", "ledger", "decision", "mend"),
    [
        ({"gate": ""}, {"worker": False}, None, "Start the worker"),
        ({"gate": "other:repl"}, {"worker": True}, None, "its log says more"),
        ({"closed": Closed.CLOCK}, {"worker": True}, None, "once the clocks agree"),
        ({"gate": "other:repl"}, {"worker": True}, REFUSED, "newer backup"),
    ],
)
def test_a_closed_gate_is_told_with_the_reason(
    redis: dict[str, Any], ledger: dict[str, Any], decision: Decision | None, mend: str
) -> None:
    line = books.gate_line(inspected(**redis), replace(LEDGER, **ledger), decision)
    assert line.verdict is Verdict.WRONG
    assert mend in line.mend


def test_an_open_gate_whose_history_the_ledger_cannot_follow_is_told() -> None:
    assert unwell(books.following_line(REDIS, REFUSED)) == {"history": ("wrong", "Restore a newer backup.")}
    assert list(books.following_line(REDIS, None)) == []


def test_the_ledger_and_its_backlog() -> None:
    behind = replace(at(100_000), backlog_limit=0)
    assert unwell(books.ledger_lines(behind, LEDGER))["ledger"][0] == "warning"
    idle = replace(LEDGER, worker=False)
    assert unwell(books.ledger_lines(at(101), idle)).keys() == {"ledger"}
    assert books.backlog_line(at(700)).verdict is Verdict.WARNING
    assert books.backlog_line(at(1100)).verdict is Verdict.WRONG
    assert books.worker_line(idle).verdict is Verdict.WRONG
    assert unwell(books.case_lines(replace(LEDGER, open_alerts=2))).keys() == {"alerts"}
    assert unwell([books.quarantine_line(LEDGER), books.hub_line(LEDGER)]) == {}
    assert unwell([books.hub_line(replace(LEDGER, hub=False, shops=0))]) == {}
    verdict, mend = unwell([books.hub_line(replace(LEDGER, hub=False))])["hub"]
    assert (verdict, "inventory-service hub" in mend) == ("wrong", True)
    assert "ledger requalify" in unwell([books.quarantine_line(replace(LEDGER, quarantined=2))])["quarantine"][1]


def test_clocks_apart() -> None:
    line = books.clock_line({"machine": 0, "Redis": -3000, "Postgres": 2500})
    assert (line.verdict, line.detail) == (Verdict.WRONG, "Postgres is 5.5 s ahead of Redis; at most 5 s is sound")


def test_limits_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limits = iter([(256, 1024), (2048, 65_536)])
    monkeypatch.setattr("resource.getrlimit", lambda _: next(limits))
    monkeypatch.setattr(machine, "DISK_LEAST", 1 << 62)
    (tmp_path / "somaxconn").write_text("128\n")
    monkeypatch.setattr(machine, "SOMAXCONN", tmp_path / "somaxconn")
    told = unwell(machine.machine_lines(Settings(data_dir=tmp_path / "data")))
    assert told["open files"] == ("wrong", "Raise the hard limit (1024) to 8192 (systemd: LimitNOFILE=8192).")
    assert told["disk"][0] == "wrong"
    assert told["waiting connections"] == ("warning", "Run `sysctl -w net.core.somaxconn=1024`.")
    assert unwell(machine.machine_lines(SETTINGS))["open files"][0] == "warning"


def test_sizes() -> None:
    assert [size(count) for count in (999, 1536, 200 << 20, 3 << 40)] == ["999 B", "1.5 KiB", "200 MiB", "3.0 TiB"]
