"""`stock import` as a person runs it, and an import that is stopped where a test wants it."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.service import REPOSITORY, RunningService
from tests.acceptance.shop import Shop

END_SECONDS = 60.0
PROGRAM = (sys.executable, "-m", "inventory_service")

Levels = dict[tuple[str, str], int]  # (SKU, warehouse) → on_hand


@dataclass(frozen=True)
class Importer:
    """Imports into one service, beside it or alone on its data."""

    service: RunningService

    def run(self, file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.service.cli("stock", "import", str(file), *arguments)

    def tally(self, file: Path, *arguments: str) -> dict[str, Any]:
        """What --json says of an import that went well."""
        done = self.run(file, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def piped(self, data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """From the standard input."""
        return subprocess.run(
            [*PROGRAM, "stock", "import", "-", *arguments, "--data-dir", str(self.service.data_dir)],
            cwd=REPOSITORY, env=self.service.environment, input=data, capture_output=True, timeout=END_SECONDS,
            check=False,
        )  # fmt: skip

    def stopped(self, file: Path, with_signal: signal.Signals, lines_done: int) -> tuple[int, str]:
        """Start to receive a file and send `with_signal` as soon as it tells that so many lines are done.

        Its exit code and what else it said; AssertionError when it ended before.
        """
        command = [*PROGRAM, "stock", "import", str(file), "--type", "receive", "--json"]
        process = subprocess.Popen(
            [*command, "--data-dir", str(self.service.data_dir)],
            cwd=REPOSITORY, env=self.service.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stderr is not None
            for line in process.stderr:
                progress = json.loads(line)
                if progress["done"] >= lines_done:
                    assert progress["done"] < progress["of"], "it is done already"
                    process.send_signal(with_signal)
                    break
            said = process.stderr.read()
            return process.wait(END_SECONDS), said


def deliveries(folder: Path, prefix: str, lines: int, skus: int = 50) -> tuple[Path, Levels]:
    """A file that names each SKU many times, and what there is once each of its lines was applied once."""
    path, sums = folder / "deliveries.csv", Counter[tuple[str, str]]()
    with path.open("w") as stream:
        stream.write("sku,warehouse,quantity\n")
        for number in range(lines):
            sku, warehouse, quantity = f"{prefix}-{number % skus}", ("SHA", "PEK")[number % 2], number % 97 + 1
            stream.write(f"{sku},{warehouse},{quantity}\n")
            sums[sku, warehouse] += quantity
    return path, dict(sums)


async def on_hand(shop: Shop, skus: Iterable[str]) -> Levels:
    """What the API says of these SKUs once the ledger has every line, those that do not exist left out."""
    await shop.caught_up()
    page = (await shop.api.get("/v1/stock", [("limit", "200"), *(("sku", sku) for sku in set(skus))])).ok()
    assert page["next_cursor"] is None
    return {(row["sku"], level["warehouse"]): level["on_hand"] for row in page["data"] for level in row["warehouses"]}
