"""`stock export` beside a running service: whole files, as an import takes them back."""

from pathlib import Path

import pytest

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.cli.importing import Importer, on_hand


@pytest.mark.parametrize("name", ["count.csv", "count.ndjson"])
async def test_a_file_appears_whole_and_can_be_counted_again(
    service: RunningService, shop: Shop, tmp_path: Path, name: str
) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 6}, "B": {"SHA": 7}})
    await shop.confirmed(2, "B")
    file = tmp_path / name
    file.write_text("as it was")
    done = service.cli("stock", "export", "--sku", shop.sku("A"), "--sku", shop.sku("B"), "--output", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"3 rows in {file}\n")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    tally = Importer(service).tally(file, "--type", "count")
    assert (tally["applied"], tally["rejected"]) == (3, [])
    assert await on_hand(shop, map(shop.sku, "AB")) == {
        (shop.sku("A"), "SHA"): 5, (shop.sku("A"), "PEK"): 6, (shop.sku("B"), "SHA"): 7,
    }  # fmt: skip


async def test_an_export_that_fails_leaves_the_file_as_it_was(
    service: RunningService, shop: Shop, tmp_path: Path
) -> None:
    await shop.stocked(5)
    file = tmp_path / "stock.csv"
    file.write_text("as it was")
    done = service.cli("stock", "export", "--sku", shop.sku(), "--sku", shop.sku("none"), "-o", str(file))
    assert done.returncode == 1
    assert f"There is no stock of SKU {shop.sku('none')}." in done.stderr
    assert ([path.name for path in tmp_path.iterdir()], file.read_text()) == (["stock.csv"], "as it was")


def test_a_file_that_cannot_be_written_is_told_by_the_name_that_was_given(
    service: RunningService, tmp_path: Path
) -> None:
    file = tmp_path / "no-such-folder" / "stock.csv"
    done = service.cli("stock", "export", "-o", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {file} cannot be written: No such file or directory\n"


async def test_several_skus_at_once(service: RunningService, shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 7}})
    done = service.cli("stock", "get", shop.sku("B"), shop.sku("A"))
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [
        ["sku", "warehouse", "on_hand"],
        [shop.sku("B"), "SHA", "7"], [shop.sku("B"), "total", "7"],
        [shop.sku("A"), "SHA", "5"], [shop.sku("A"), "total", "5"],
    ]  # fmt: skip
