"""Commands where no service runs: they start the servers for their own time, and leave nothing running."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.processes import recorded_pids
from tests.acceptance.service import RunningService


@pytest.fixture
def resting() -> Iterator[RunningService]:
    """A service that is not started, with a data folder of its own."""
    service = RunningService()
    yield service
    service.close()


async def test_prepare_a_service_before_its_first_start_and_look_at_it_after_its_end(resting: RunningService) -> None:
    status = resting.cli("migrate", "status")
    assert (status.returncode, "pending" in status.stdout) == (1, True)
    unready = resting.cli("keys", "create", "shop", "--scope", "stock:write")
    assert unready.returncode == 1
    assert unready.stderr == "error: The database has not been migrated: run `migrate up`.\n"
    assert "applied 0001" in resting.cli("migrate", "up").stdout
    assert resting.cli("migrate", "status").returncode == 0
    key = resting.cli("keys", "create", "shop", "--scope", "admin", "--scope", "stock:write").stdout.strip()
    assert not recorded_pids(resting.data_dir)

    with resting:
        async with Api(resting.url, key) as shop:
            (await shop.put("/v1/warehouses/SHA", {"name": "Shanghai", "kind": "warehouse", "country": "CN"})).ok()
            movement = {"movement_id": "m1", "type": "receive", "sku": "TEE", "warehouse": "SHA", "quantity": 1234}
            (await shop.post("/v1/stock/movements", {"movements": [movement]})).ok()
        await asyncio.to_thread(resting.stop)
        check_at_rest(resting)


def check_at_rest(resting: RunningService) -> None:
    """What the commands say of a service that ended."""
    table = resting.cli("stock", "get", "TEE")
    assert table.returncode == 0, table.stderr
    assert [line.split()[:3] for line in table.stdout.splitlines()] == [
        ["sku", "warehouse", "on_hand"], ["TEE", "SHA", "1234"], ["TEE", "total", "1234"],
    ]  # fmt: skip
    rows = json.loads(resting.cli("stock", "get", "TEE", "--json").stdout)
    assert [(row["warehouse"], row["available"]) for row in rows] == [("SHA", 1234), ("total", 1234)]
    unknown = resting.cli("stock", "get", "tee")
    assert (unknown.returncode, unknown.stderr) == (1, "error: SKU tee does not exist. [unknown_sku]\n")
    order = json.loads(resting.cli("reserve", "TEE=34", "--id", "by-hand", "--json").stdout)
    assert (order["status"], order["lines"][0]["quantity"]) == ("held", 34)
    told = resting.cli("events", "tail", "--lines", "1").stdout
    assert "by-hand → held  TEE@SHA held+34  by cli" in told
    resting.verify()
    assert not recorded_pids(resting.data_dir)


@pytest.mark.parametrize("arguments", [("verify",), ("stock", "get", "TEE"), ("rebuild", "--old-primary-is-dead")])
def test_a_mistyped_folder_is_told_and_not_filled(resting: RunningService, arguments: tuple[str, ...]) -> None:
    done = resting.cli(*arguments)
    assert done.returncode == 1
    assert done.stderr == f"error: {resting.data_dir} holds no data of a service: is --data-dir right?\n"
    assert not resting.data_dir.exists()
