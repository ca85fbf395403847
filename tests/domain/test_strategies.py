"""A strategy is a file."""

import subprocess
import sys
from pathlib import Path

from inventory_service.domain import strategies
from inventory_service.domain.strategies import DEFAULT, FALLBACK, STRATEGIES

LONGEST = """
from inventory_service.domain.strategy import Strategy
STRATEGY = Strategy("farthest", lambda candidate: (-candidate.km,))
"""
SHOW = f"""
from inventory_service.domain import strategies
strategies.__path__.append({{folder!r}})
strategies.STRATEGIES = strategies._found()
from inventory_service.domain import ranking
from inventory_service.domain.eligibility import AllocationWish
from inventory_service.domain.geography import Destination
from inventory_service.web.openapi import document
from tests.domain.network import NETWORK
found = ranking.route(NETWORK, Destination(region="{"310000"}"), AllocationWish("farthest"))
print(found.ranked[0], b'"farthest"' in document())
"""


def test_these_are_there() -> None:
    assert set(STRATEGIES) == {"nearest", "priority", "balance", "cheapest"}
    assert {DEFAULT, FALLBACK} <= STRATEGIES.keys()
    files = {path.stem for path in Path(*strategies.__path__).glob("*.py")} - {"__init__"}
    assert files == set(STRATEGIES)  # each in the file of its name


def test_a_new_file_is_a_new_strategy_for_the_ranking_and_for_callers(tmp_path: Path) -> None:
    """In a process of its own: nothing here may know it afterwards."""
    (tmp_path / "farthest.py").write_text(LONGEST, encoding="utf-8")
    shown = subprocess.run(
        [sys.executable, "-c", SHOW.format(folder=str(tmp_path))], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["URC", "True"]
