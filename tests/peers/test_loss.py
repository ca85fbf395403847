"""The tool that counts what a kill takes with it, in small: a kill each, Postgres there and away."""

import json
import subprocess
import sys
from pathlib import Path

from tests.acceptance.service import REPOSITORY

TIMEOUT_SECONDS = 240
ORDERS = 100


def test_the_flash_sale_pattern_loses_what_we_do_not(tmp_path: Path) -> None:
    """With Postgres stopped, no order of the pattern's can have got there, so that all of them are lost for certain."""
    figures = tmp_path / "loss.json"
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.peers.loss", "--kills", "1", "--orders", str(ORDERS), "--json", figures],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "units sold to nobody" in done.stdout
    losses = json.loads(figures.read_text())["losses"]
    told = {(each["service"], each["postgres"]): each for each in losses}
    assert all(each["acknowledged"] >= ORDERS for each in losses)

    for postgres in ("there", "away"):
        ours = told["this service", postgres]
        assert (ours["lost"], ours["ownerless_units"]) == (0, 0)
    assert 0 <= told["redis-decr", "there"]["lost"] <= told["redis-decr", "there"]["ownerless_units"]
    away = told["redis-decr", "away"]
    assert away["lost"] == away["acknowledged"]
    assert away["lost"] <= away["ownerless_units"] <= away["acknowledged"] + away["unanswered"]
