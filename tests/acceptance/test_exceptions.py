"""Scans that wait for a person: listed, applied, reversed or dismissed, once."""

from typing import Any

import pytest

from tests.acceptance.client import Answer
from tests.acceptance.paging import all_rows
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

EXCEPTIONS = "/v1/wms/exceptions"


async def exception_of(shop: Shop, scan_id: str, state: str = "open") -> dict[str, Any]:
    """The exception that this scan became, once it is listed."""

    async def seen() -> dict[str, Any] | None:
        rows = await all_rows(shop.api, EXCEPTIONS, [("state", state)], limit=200)
        return next((row for row in rows if row["scan_id"] == scan_id), None)

    row = await eventually(seen, f"{scan_id} is listed as {state}", within_seconds=15)
    assert row is not None
    return row


async def resolve(shop: Shop, row: dict[str, Any], action: str, **more: Any) -> Answer:
    return await shop.api.post(
        f"{EXCEPTIONS}/{row['exception_id']}/resolve", {"action": action, "note": "seen", **more}
    )


async def over_scanned(shop: Shop, ordered: int = 2, scanned: int = 3) -> tuple[str, dict[str, Any]]:
    """(reservation, exception) of a scan of more than was ordered."""
    await shop.stocked(9)
    reservation_id = await shop.confirmed(ordered)
    scan = shop.scan_of(reservation_id, scanned)
    await shop.scans([scan])
    return reservation_id, await exception_of(shop, scan["scan_id"])


async def parked(shop: Shop) -> dict[str, Any]:
    """The exception of a scan for a reservation that nobody knows."""
    await shop.stocked(9)
    scan = shop.scan_of(shop.id("nobody"), 2, weight_g=512)
    await shop.scans([scan])
    return await exception_of(shop, scan["scan_id"])


async def test_both_kinds_are_listed(shop: Shop) -> None:
    reservation_id, applied = await over_scanned(shop)
    assert (applied["kind"], applied["code"], applied["state"]) == ("applied", "over_scan", "open")
    assert (applied["reservation_id"], applied["sku"], applied["quantity"]) == (reservation_id, shop.sku(), 3)
    row = await parked(shop)
    assert (row["kind"], row["code"], row["warehouse"]) == ("parked", "unknown_reservation", "SHA")
    assert "512" in str(row), "further fields are kept as sent"


async def test_a_parked_scan_is_applied_to_a_named_reservation(shop: Shop) -> None:
    row = await parked(shop)
    reservation_id = await shop.confirmed(2)
    (await resolve(shop, row, "apply", reservation_id=reservation_id)).ok()
    assert (await shop.reservation(reservation_id))["status"] == "shipped"
    assert await shop.counters() == (7, 0, 0, 0, 0)
    assert (await exception_of(shop, row["scan_id"], "resolved"))["note"] == "seen"


async def test_an_ambiguous_order_ref_is_settled_by_a_person(shop: Shop) -> None:
    await shop.stocked(9)
    reference = shop.id("ref")
    wanted, other = [await shop.confirmed(1, order_ref=reference, channel=name) for name in ("tmall", "jd")]
    scan = shop.scan_of("", order_ref=reference)
    del scan["reservation_id"]
    await shop.scans([scan])
    row = await exception_of(shop, scan["scan_id"])
    (await resolve(shop, row, "apply", reservation_id=wanted)).ok()
    assert (await shop.reservation(wanted))["status"] == "shipped"
    assert (await shop.reservation(other))["status"] == "confirmed"


async def test_an_applied_scan_is_reversed(shop: Shop) -> None:
    reservation_id, row = await over_scanned(shop, ordered=2, scanned=3)
    assert await shop.counters() == (6, 0, 0, 0, 0)
    (await resolve(shop, row, "reverse")).ok()
    assert await shop.counters() == (9, 0, 2, 0, 0)
    body = await shop.reservation(reservation_id)
    assert (body["status"], body["lines"][0]["shipped"]) == ("confirmed", 0)
    assert (await shop.scan(reservation_id, 2))["result"] == "applied"
    assert await shop.counters() == (7, 0, 0, 0, 0)


async def test_dismissing_changes_no_stock(shop: Shop) -> None:
    _, row = await over_scanned(shop)
    before = await shop.counters()
    (await resolve(shop, row, "dismiss")).ok()
    assert await shop.counters() == before
    assert (await exception_of(shop, row["scan_id"], "resolved"))["state"] == "resolved"


async def test_a_dismissed_parked_scan_does_not_apply_itself_later(shop: Shop) -> None:
    row = await parked(shop)
    (await resolve(shop, row, "dismiss")).ok()
    order = {**shop.order(2), "reservation_id": row["reservation_id"]}
    (await shop.reserve(order)).ok(201)
    witness = shop.scan_of(shop.id("later"))
    await shop.scans([witness])
    (await shop.reserve({**shop.order(2), "reservation_id": witness["reservation_id"]})).ok(201)
    await shop.until_status(witness["reservation_id"], "part_shipped")  # parked scans have been looked at since
    assert (await shop.reservation(row["reservation_id"]))["status"] == "held"


@pytest.mark.parametrize("action", ["reverse", "dismiss"])
async def test_an_exception_is_resolved_once(shop: Shop, action: str) -> None:
    _, row = await over_scanned(shop)
    (await resolve(shop, row, action)).ok()
    before = await shop.counters()
    for again in ("reverse", "dismiss", "apply"):
        answer = await resolve(shop, row, again)
        assert answer.status in {200, 409, 422}, answer
        assert answer.status != 200 or answer.replayed, answer
    assert await shop.counters() == before


async def test_an_action_that_does_not_fit_is_refused(shop: Shop) -> None:
    row = await parked(shop)
    (await resolve(shop, row, "reverse")).problem(422, "validation_failed")
    await exception_of(shop, row["scan_id"], "open")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "burn", "note": "n"}, "/action"),
        ({"action": 5, "note": "n"}, "/action"),
        ({"action": "dismiss", "note": 5}, "/note"),
        ({"action": "dismiss", "note": "n", "reason": "r"}, "/reason"),
        ({"action": "apply", "note": "n", "reservation_id": "a b"}, "/reservation_id"),
        ({"note": "n"}, None),
        ([], ""),
    ],
    ids=repr,
)
async def test_a_wrong_resolution_is_refused(shop: Shop, body: Any, pointer: str | None) -> None:
    _, row = await over_scanned(shop)
    answer = await shop.api.post(f"{EXCEPTIONS}/{row['exception_id']}/resolve", body)
    answer.problem(422, "validation_failed", pointer)
    await exception_of(shop, row["scan_id"], "open")


@pytest.mark.parametrize("exception_id", ["exc_0000000000000000", "exc_9999999999999999", "nothing", "%20", "x" * 300])
async def test_an_unknown_exception_is_404(shop: Shop, exception_id: str) -> None:
    body = {"action": "dismiss", "note": "n"}
    (await shop.api.post(f"{EXCEPTIONS}/{exception_id}/resolve", body)).problem(404, "not_found")
