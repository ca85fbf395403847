"""Files of stock beside a running service: what is applied, what is told, and nothing twice."""

import json
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inventory_service.cli.program import app
from inventory_service.usecases.import_stock import CHUNK_LINES
from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.cli.importing import Importer, deliveries, on_hand

LINES = 10_000
AGAIN = "The same command again goes on where this stopped; nothing is applied twice."
NUMBER = "a whole number in digits alone (1,000 is a thousand to some and one to others)"


@pytest.fixture
def importer(service: RunningService) -> Importer:
    return Importer(service)


@pytest.fixture
def file(tmp_path: Path, shop: Shop) -> Path:
    """Two good lines, and between them one that is broken and one for a warehouse that does not exist."""
    path = tmp_path / "delivery.csv"
    sku = shop.sku
    rows = [f"{sku('A')},SHA,5", f'{sku("B")},SHA,"1,000"', f"{sku('C')},SHX,3", f"{sku('D')},PEK,7"]
    path.write_text("\n".join(["sku,warehouse,quantity", *rows]) + "\n")
    return path


async def test_a_file_with_broken_lines_names_each_and_imports_nothing(
    importer: Importer, file: Path, shop: Shop
) -> None:
    done = importer.run(file, "--type", "receive")
    assert (done.returncode, done.stdout) == (1, "")
    mend = "make it with PUT /v1/warehouses/SHX, or mend the lines; is SHA meant?"
    assert done.stderr.splitlines() == [
        f"{file}: 2 of 4 lines are broken; nothing was imported.",
        f'  line 3, quantity: should be {NUMBER}, not "1,000"',
        f"  warehouse SHX does not exist (line 4): {mend}",
        "Mend them, or import the others with --skip-errors.",
    ]
    assert await on_hand(shop, map(shop.sku, "ABCD")) == {}


async def test_the_rest_is_imported_when_asked_for_and_the_mended_lines_later(
    importer: Importer, file: Path, shop: Shop
) -> None:
    done = importer.run(file, "--type", "receive", "--skip-errors")
    assert done.returncode == 0
    assert f"{file} as receive: 2 applied, 0 applied before, 0 refused, 2 skipped" in done.stdout
    told = done.stderr.splitlines()[-1]
    assert told.startswith("Mend the lines where they stand, then import the file with --import-id ")
    import_id = told.split("--import-id ")[1].split(":")[0]

    file.write_text(file.read_text().replace('"1,000"', "1000").replace("SHX", "SHA"))
    mended = importer.tally(file, "--type", "receive", "--import-id", import_id)
    assert (mended["applied"], mended["duplicates"]) == (2, 2)
    sku = shop.sku
    assert await on_hand(shop, map(sku, "ABCD")) == {
        (sku("A"), "SHA"): 5, (sku("B"), "SHA"): 1000, (sku("C"), "SHA"): 3, (sku("D"), "PEK"): 7,
    }  # fmt: skip
    file.write_text(file.read_text().replace(",5", ",6"))
    other = importer.run(file, "--type", "receive", "--import-id", import_id)
    assert other.returncode == 1
    assert f"Import {import_id} was made before with other content in line 2; nothing was imported now." in other.stderr


async def test_the_same_file_again_changes_nothing_unless_it_is_meant(
    importer: Importer, tmp_path: Path, shop: Shop
) -> None:
    file, sums = deliveries(tmp_path, shop.prefix, 200)
    assert importer.tally(file, "--type", "receive")["applied"] == 200
    copy = file.rename(tmp_path / "copy.csv")
    again = importer.run(copy, "--type", "receive")
    assert again.stdout == f"{copy} as receive: 0 applied, 200 applied before, 0 refused, 0 skipped\n"
    assert again.stderr == "All of it was applied before. If it is meant once more: --import-id NAME.\n"
    other = importer.run(copy, "--type", "adjust")
    assert other.returncode == 1
    assert "This file was imported before as receive (200 lines); nothing was imported now." in other.stderr
    assert await on_hand(shop, (sku for sku, _ in sums)) == sums
    meant = importer.run(copy, "--type", "receive", "--import-id", shop.prefix, "--dry-run")
    assert meant.stdout.endswith(
        " as receive: 200 to apply, 0 applied before, 0 refused, 0 skipped; nothing was imported.\n"
    )
    assert importer.tally(copy, "--type", "receive", "--import-id", shop.prefix)["applied"] == 200
    assert await on_hand(shop, (sku for sku, _ in sums)) == {level: 2 * quantity for level, quantity in sums.items()}


async def test_what_only_the_kernel_can_refuse_is_listed_by_line(
    importer: Importer, tmp_path: Path, shop: Shop
) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 5}, "C": {"SHA": 5}})
    await shop.held(4, "A")
    file = tmp_path / "count.ndjson"
    for name, counted, expected in (("A", 3, 5), ("B", 4, 6), ("C", 4, 5)):
        line = {"sku": shop.sku(name), "warehouse": "SHA", "quantity": counted, "expected_on_hand": expected}
        file.write_text((file.read_text() if file.exists() else "") + json.dumps(line) + "\n")
    done = importer.run(file, "--type", "count")
    assert done.returncode == 1
    assert f"{file} as count: 1 applied, 0 applied before, 2 refused, 0 skipped" in done.stdout
    assert done.stderr.splitlines()[:2] == [
        f"  line 1: {shop.sku('A')} in SHA: would_break_commitments",
        f"  line 2: {shop.sku('B')} in SHA: stale_count",
    ]
    forced = importer.run(file, "--type", "count", "--force", "--json")
    assert forced.returncode == 1
    document = json.loads(forced.stdout)
    assert (document["applied"], document["duplicates"]) == (1, 1)
    assert document["rejected"] == [{"line": 2, "sku": shop.sku("B"), "warehouse": "SHA", "code": "stale_count"}]
    assert await on_hand(shop, map(shop.sku, "ABC")) == {
        (shop.sku("A"), "SHA"): 3, (shop.sku("B"), "SHA"): 5, (shop.sku("C"), "SHA"): 4,
    }  # fmt: skip


@pytest.mark.parametrize("lines_done", [0, CHUNK_LINES, 4 * CHUNK_LINES])
async def test_an_import_that_was_killed_goes_on_without_doubling_a_line(
    importer: Importer, tmp_path: Path, shop: Shop, lines_done: int
) -> None:
    file, sums = deliveries(tmp_path, shop.prefix, LINES)
    assert importer.stopped(file, signal.SIGKILL, lines_done) == (-signal.SIGKILL, "")
    rest = importer.tally(file, "--type", "receive")
    assert lines_done <= rest["duplicates"] + rest["repeated"] < LINES
    assert rest["applied"] == LINES - rest["duplicates"]
    assert await on_hand(shop, (sku for sku, _ in sums)) == sums


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_was_interrupted_says_how_to_go_on(
    importer: Importer, tmp_path: Path, shop: Shop, with_signal: signal.Signals
) -> None:
    file, _ = deliveries(tmp_path, shop.prefix, LINES)
    code, said = importer.stopped(file, with_signal, CHUNK_LINES)
    assert code == 130
    told = said.splitlines()[-1]
    assert told.startswith("interrupted: ")
    assert told.endswith(f" of 10,000 lines are done at least, and 1,024 more at most. {AGAIN}")


async def test_the_standard_input_is_a_file_too(importer: Importer, shop: Shop) -> None:
    data = f"sku;warehouse;quantity\n{shop.sku()}-红;SHA;5\n".encode("gb18030")
    arguments = ("--type", "receive", "--format", "csv", "--delimiter", ";", "--encoding", "gb18030")
    done = importer.piped(data, *arguments)
    assert done.returncode == 0, done.stderr
    assert b"the standard input as receive: 1 applied" in done.stdout
    assert await on_hand(shop, [f"{shop.sku()}-红"]) == {(f"{shop.sku()}-红", "SHA"): 5}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-", "--type", "receive"), "the standard input has no ending"),
        (("none.csv", "--type", "receive"), "none.csv cannot be read: No such file or directory"),
        (("README.md", "--type", "receive"), "README.md ends with none of .csv, .tsv, .ndjson, .jsonl"),
        (("README.md", "--type", "receive", "--format", "csv"), "the first line of README.md should name the columns"),
        (("x.csv", "--type", "receive", "--delimiter", ";;"), "--delimiter should be one character, or tab"),
        (("x.csv", "--type", "receive", "--import-id", "a b"), "--import-id should be 1 to 48 of"),
        (("x.csv", "--type", "gift"), "'gift' is not one of 'receive'"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(app, ["stock", "import", *arguments], terminal_width=200)
    assert done.exit_code != 0
    assert told in " ".join(f"{done.output} {done.exception}".replace("│", " ").split())
