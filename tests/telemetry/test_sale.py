"""A short sale, and what metrics, dashboard and alert rules make of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.telemetry.scrape import Scrape, scrape

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy" / "grafana"
RULES = [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((DEPLOY / "dashboard.json").read_text())


def expressions() -> Iterator[tuple[str, str]]:
    """Everything that dashboard and rules ask, and who asks."""
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", []))
    yield from ((each["name"], each["expr"]) for each in DASHBOARD["annotations"]["list"])
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)


@pytest.fixture(scope="session")
def before() -> dict[str, Scrape]:
    """The scrape in front of the sale, once it is made."""
    return {}


async def sale(shop: Shop, before: dict[str, Scrape]) -> Scrape:
    """Held, refused, paid, released, expired, scanned, parked, and a count that makes a deficit; made once."""
    if "after" not in before:
        before["before"] = await scrape(shop.api)
        before["after"] = await _sold(shop)
    return before["after"]


async def _sold(shop: Shop) -> Scrape:
    await shop.stocked(10)
    await shop.shipped(2)
    await shop.released(1)
    await shop.expired(3)
    await shop.held(8)
    (await shop.reserve(shop.order(5))).problem(409, "insufficient_stock")
    assert (await shop.scan("nobody-ordered-this"))["result"] == "parked"
    await shop.move("count", 6, force=True)

    async def told() -> Scrape | None:
        found = await scrape(shop.api)
        return found if found.value("inventory_deficit_units") else None

    seen = await eventually(told, "the worker tells of the deficit", 20)
    assert seen is not None
    return seen


async def test_the_numbers_are_those_of_the_sale(shop: Shop, before: dict[str, Scrape]) -> None:
    after = await sale(shop, before)

    def grown(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before["before"].value(name, **labels)

    outcomes = {
        ("reserve", "held"): 4,
        ("reserve", "insufficient_stock"): 1,
        ("confirm", "confirmed"): 1,
        ("release", "released"): 1,
        ("scan", "applied"): 1,
        ("park", "parked"): 1,
        ("movement", "applied"): 2,
    }
    for (operation, outcome), times in outcomes.items():
        assert grown("inventory_command_outcomes_total", operation=operation, outcome=outcome) == times, operation
    events = {"reserve": (4, 14), "confirm": (1, 2), "expire": (1, 3), "scan": (1, 2), "receive": (1, 10)}
    for event_type, (times, units) in events.items():
        assert grown("inventory_ledger_events_total", type=event_type) == times, event_type
        assert grown("inventory_ledger_units_total", type=event_type) == units, event_type
    assert grown("inventory_expiry_delay_seconds_count") == 1
    assert grown("inventory_http_problems_total", code="insufficient_stock") == 1
    assert grown("inventory_alarms_total", rule="deficit") == 1
    assert grown("inventory_batch_commands_count", lane="changes") >= len(outcomes)


async def test_the_gauges_tell_what_is(shop: Shop, before: dict[str, Scrape]) -> None:
    after = await sale(shop, before)
    assert after.value("inventory_gate_open") == 1
    assert after.value("inventory_gate_epoch") == after.value("inventory_gate_openings_total") >= 1
    assert (after.value("inventory_deficit_levels"), after.value("inventory_deficit_units")) == (1, 2)
    assert after.value("inventory_alerts_open", rule="deficit") == 1
    assert after.value("inventory_scan_exceptions_open", kind="parked", code="unknown_reservation") >= 1
    assert after.value("inventory_scan_exceptions_open", kind="applied", code="over_scan") == 0
    assert after.value("inventory_reservations", state="held") >= 1
    assert after.value("inventory_ledger_backlog_limit_events") == 2_000_000
    assert after.value("inventory_redis_memory_used_bytes") > 0
    assert after.value("inventory_redis_script_seconds_total") > 0
    assert after.value("inventory_postgres_connections_limit") == 20
    for loop in ("write_behind", "ticker", "parked_scans", "duplicates", "reconcile", "sampler", "pulse"):
        assert after.value("inventory_worker_loop_success_timestamp_seconds", loop=loop) > 0


async def test_everything_that_is_asked_is_told(shop: Shop, before: dict[str, Scrape]) -> None:
    after = await sale(shop, before)
    asked = [(who, *each) for who, expression in expressions() for each in after.selects(expression)]
    assert len(asked) > 80
    assert [(who, selector) for who, selector, found in asked if not found] == []


async def test_labels_hold_no_names(shop: Shop, before: dict[str, Scrape]) -> None:
    after = await sale(shop, before)
    values = {
        value for family in after.families.values() for sample in family.samples for value in sample.labels.values()
    }
    assert [value for value in values if shop.prefix in value or "nobody" in value] == []
    assert sum(len(family.samples) for family in after.families.values()) < 1500


async def test_every_metric_stands_in_the_list_and_no_other(shop: Shop, before: dict[str, Scrape]) -> None:
    after = await sale(shop, before)
    told = {f"{name}_total" if family.type == "counter" else name for name, family in after.families.items()}
    assert all(family.documentation for family in after.families.values())
    rows = re.findall(
        r"^\| (`(?:inventory_|…)[^|]*) \|", (ROOT / "inventory_service/telemetry/README.md").read_text(), re.MULTILINE
    )
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    endings = {ending for row in rows for ending in re.findall(r"`…(\w+)`", row)}
    assert named <= told
    assert [name for name in told - named if not any(name.endswith(ending) for ending in endings)] == []
    assert [ending for ending in endings if not any(name.endswith(ending) for name in told - named)] == []


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (DEPLOY / "README.md").read_text(), re.MULTILINE)
    assert dict(rows) == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}
    assert len(rows) == len(RULES)
    for rule in RULES:
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["mend"] == f"README.md, row {rule['alert']}"


def test_the_dashboard_can_be_read() -> None:
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
