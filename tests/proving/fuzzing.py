"""Runs schemathesis as its users do, by its command line, and reads what it reports: one JSON object per line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY

FOLDER = Path(__file__).parent
RUN_SECONDS = 600.0  # a half takes one minute on a quiet machine and took five on one with three times the work


@dataclass(frozen=True)
class Exchange:
    """One request that was answered. `parent` is the exchange whose answer led to it by a link."""

    phase: str
    operation: str
    positive: bool
    status: int
    parent: "Exchange | None" = None

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def chain(self) -> list[str]:
        """Successful operations that led here, this one last; [] where one of them was refused."""
        if not self.succeeded:
            return []
        before = self.parent.chain if self.parent else []
        return [*before, self.operation] if before or self.parent is None else []


@dataclass(frozen=True)
class Run:
    """A part of the whole: every operation, or those whose operationId matches."""

    phases: str
    seed: int
    operations: str = "."

    @property
    def name(self) -> str:
        return f"{self.phases.replace(',', '-')}-{self.seed}"


def run(url: str, part: Run, report: Path) -> subprocess.CompletedProcess[str]:
    """Exit code 0: no check failed."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(FOLDER / "schemathesis.toml"),
        "run", f"{url}/openapi.json", "--checks", "all", "--phases", part.phases,
        "--seed", str(part.seed), "--include-operation-id-regex", part.operations,
        "--report", "ndjson", "--report-ndjson-path", str(report),
    ]  # fmt: skip
    environment = {**os.environ, "KEY": BOOTSTRAP_KEY, "HELD": part.name, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command,
        cwd=report.parent, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=RUN_SECONDS, check=False,
    )  # fmt: skip


def exchanges(report: Path) -> list[Exchange]:
    """Everything that was sent and answered, in order."""
    with report.open(encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    finished = [event["ScenarioFinished"] for event in events if "ScenarioFinished" in event]
    return [exchange for scenario in finished for exchange in _exchanges(scenario)]


def _exchanges(scenario: dict[str, Any]) -> Iterator[Exchange]:
    recorder = scenario["recorder"]
    made: dict[str, Exchange] = {}
    for case_id, interaction in recorder.get("interactions", {}).items():
        node = recorder["cases"][case_id]
        case = node["value"]
        # The parent counts where its answer really gave the value that was sent.
        parent = made.get(node["parent_id"]) if node.get("is_transition_applied") else None
        made[case_id] = Exchange(
            phase=scenario["phase"],
            operation=f"{case['method']} {case['path']}",
            positive=case["meta"]["generation"]["mode"] == "positive",
            status=interaction["response"]["status_code"],
            parent=parent,
        )
        yield made[case_id]
