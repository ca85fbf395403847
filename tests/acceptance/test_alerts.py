"""Alarms: rows that a person acknowledges; the same cause open twice is one row with a count."""

from typing import Any

from tests.acceptance.paging import all_rows
from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

ALERTS = "/v1/alerts"


async def alert_on(shop: Shop, state: str, count: int) -> dict[str, Any]:
    """The one alert that names this test's SKU, once it has this count."""

    async def seen() -> dict[str, Any] | None:
        rows = await all_rows(shop.api, ALERTS, [("state", state)], limit=200)
        mine = [row for row in rows if shop.sku() in str(row)]
        assert len(mine) <= 1, mine
        return mine[0] if mine and mine[0]["count"] == count else None

    row = await eventually(seen, f"an {state} alert on {shop.sku()} with count {count}")
    assert row is not None
    return row


async def test_a_forced_deficit_is_alarmed_once_with_a_count_and_acknowledged(shop: Shop) -> None:
    await shop.stocked(5)
    await shop.held(5)
    await shop.move("adjust", -1, force=True)
    await alert_on(shop, "open", 1)
    await shop.move("adjust", -1, force=True)
    row = await alert_on(shop, "open", 2)
    body = (await shop.api.post(f"{ALERTS}/{row['alert_id']}/acknowledge")).ok()
    assert body["state"] == "acknowledged"
    assert (await alert_on(shop, "acknowledged", 2))["alert_id"] == row["alert_id"]
    await shop.move("adjust", -1, force=True)
    assert (await alert_on(shop, "acknowledged", 3))["alert_id"] == row["alert_id"]


async def test_a_scan_that_proves_a_count_wrong_is_alarmed(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 1, "PEK": 5}})
    await shop.confirmed(1, allocation={"warehouses": ["SHA"]})
    away = await shop.confirmed(2, allocation={"warehouses": ["PEK"]})
    await shop.scan(away, 2)
    await alert_on(shop, "open", 1)


async def test_an_alarm_is_a_log_line_and_a_metric_too(shop: Shop, service: RunningService) -> None:
    await shop.stocked(5)
    await shop.held(5)
    await shop.move("adjust", -1, force=True)
    await alert_on(shop, "open", 1)

    async def told() -> bool:
        return shop.sku() in service.log_text()

    await eventually(told, "the log names the SKU")
    metrics = (await shop.api.get("/metrics")).ok()
    assert any("alert" in line or "alarm" in line for line in metrics.splitlines() if not line.startswith("#"))


async def test_an_unknown_alert_is_404(shop: Shop) -> None:
    for alert_id in ("nothing", "alr_0", "%20", "x" * 300):
        (await shop.api.post(f"{ALERTS}/{alert_id}/acknowledge")).problem(404, "not_found")
