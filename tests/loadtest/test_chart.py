"""The chart and the table of seconds, from a record alone."""

import csv
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console

from inventory_service.loadtest import chart, report
from inventory_service.loadtest.record import CheckLine, Record, Sample, read_record, write_record
from inventory_service.loadtest.series import Outcome, Series

OPENED_AT_S = 1_700_000_000.25


def record_of(series: Series, cpu_percent: list[float] | None = None) -> Record:
    samples = [
        Sample(OPENED_AT_S + second, 10, available=30 - second, held=second, committed=0, on_hand=30)
        for second in range(4)
    ]
    return Record(
        scenario="flash_sale", run="abc", host="http://127.0.0.1:1", hot_sku="LT-abc-0000", delivered=30,
        started_at_s=OPENED_AT_S, ended_at_s=OPENED_AT_S + 4, locust_version="2", series=series, samples=samples,
        counts={"orders": 3, "units confirmed": 2, "units delivered": 30, "holds granted": 2},
        checks=[CheckLine("oversold, of 30", "0"), CheckLine("held", "1", ["1 unit is still held"])],
        cpu_percent=[cpu_percent or [50.0]], service="1.0", machine="2 × machine",
    )  # fmt: skip


def busy_series() -> Series:
    series = Series()
    for second in range(3):
        for number, outcome in enumerate(Outcome):
            series.record("POST /v1/reservations", outcome, 3.0 + 40 * number, OPENED_AT_S + second)
    return series


def texts(path: Path) -> str:
    tree = ET.parse(path)  # noqa: S314 - our own chart
    return " | ".join(text for each in tree.iter() if (text := (each.text or "").strip()))


def test_the_chart_says_in_text_what_it_shows(tmp_path: Path) -> None:
    chart.draw(tmp_path / "chart.svg", record_of(busy_series()))
    said = texts(tmp_path / "chart.svg")
    for words in (
        "Flash sale: 2 of 30 units sold, 0 oversold", "1 of 2 lines of the proof fail", "Requests per second: up to 4",
        "refused: sold out or too late", "failed", "p99", "Users: up to 10", "Units of the hot SKU: 30 delivered",
        "2 × machine · inventory-service 1.0, Locust 2 · 1 load process",
    ):  # fmt: skip
        assert words in said


def test_a_run_in_which_nobody_came_has_a_chart_and_a_table(tmp_path: Path) -> None:
    record = record_of(Series())
    record.samples = []
    chart.draw(tmp_path / "chart.svg", record)
    report.write_csv(tmp_path / "run.csv", record)
    assert "Requests per second: up to 0" in texts(tmp_path / "chart.svg")


def test_the_table_of_seconds(tmp_path: Path) -> None:
    report.write_csv(tmp_path / "run.csv", record_of(busy_series()))
    with (tmp_path / "run.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["second"], row["done"], row["retried"], row["users"]) for row in rows] == [
        ("0", "1", "1", "10"), ("1", "1", "1", "10"), ("2", "1", "1", "10"),
    ]  # fmt: skip
    assert [row["available"] for row in rows] == ["30", "29", "28"]
    assert float(rows[0]["p50_ms"]) == 43


def test_the_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = record_of(busy_series())
    assert read_record(write_record(tmp_path, record)) == record


def test_a_busy_load_generator_is_named() -> None:
    assert report.bottleneck(record_of(busy_series(), [20, 30, 89, 40])) == ""
    busy = record_of(busy_series(), [20, 95, 100, 40])
    assert "50% of the seconds" in report.bottleneck(busy)
    console = Console(record=True, width=120)
    report.show(console, busy, [], [])
    assert "The load generator was the bottleneck" in console.export_text()
