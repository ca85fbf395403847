"""Whoever comes first: nothing is sold twice, nothing is counted twice, every answer fits the end."""

from collections import Counter
from typing import Any

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.races.callers import Call, Heard, call_at_once, call_from_processes
from tests.races.oversell import oversell_once

CALLERS = 40


async def test_ten_thousand_callers_for_a_hundred_units(service: RunningService) -> None:
    await oversell_once(service.url)


async def test_a_double_click_holds_once(service: RunningService, shop: Shop) -> None:
    """Each of 50 orders is sent by 20 callers from two processes."""
    await shop.stocked(500)
    orders = [shop.order(2) for _ in range(50)]
    clicks = [Call("/v1/reservations", order) for _ in range(20) for order in orders]
    heard = await call_from_processes(service.url, clicks, processes=2, callers=CALLERS)
    assert Counter((answer.status, answer.replayed) for answer in heard) == {(201, False): 50, (200, True): 950}
    bodies: dict[str, list[Any]] = {answer.body["reservation_id"]: [] for answer in heard}
    for answer in heard:
        bodies[answer.body["reservation_id"]].append(answer.body)
    assert all(body == same[0] for same in bodies.values() for body in same)
    assert await shop.counters() == (500, 100, 0, 0, 0)


async def test_the_last_units_of_two_skus_are_never_half_sold(shop: Shop) -> None:
    """Orders of A and B in both directions: all or nothing, whoever meets whom."""
    await shop.stock_up({"A": {"SHA": 30}, "B": {"SHA": 20}})
    a, b = ({"sku": shop.sku(name), "quantity": 1} for name in "AB")
    orders = [
        Call("/v1/reservations", {"reservation_id": shop.id(), "lines": lines})
        for _ in range(40)
        for lines in ([a, b], [b, a])
    ]
    heard = await call_at_once(shop.api, orders, CALLERS)
    assert Counter(answer.outcome for answer in heard) == {"held": 20, "insufficient_stock": 60}
    assert (await shop.counters("A"), await shop.counters("B")) == ((30, 20, 0, 0, 0), (20, 20, 0, 0, 0))


def actions(reservation_ids: list[str], verb: str, body: Any) -> list[Call]:
    return [Call(f"/v1/reservations/{reservation_id}/{verb}", body) for reservation_id in reservation_ids]


async def final_statuses(shop: Shop, reservation_ids: list[str]) -> dict[str, str]:
    """Of each reservation, once none is held any more."""

    async def settled() -> dict[str, str] | None:
        statuses = {name: (await shop.reservation(name))["status"] for name in reservation_ids}
        return None if "held" in statuses.values() else statuses

    statuses = await eventually(settled, "nothing is held any more")
    assert statuses is not None
    return statuses


def by_reservation(calls: list[Call], heard: list[Heard], verb: str) -> dict[str, list[str]]:
    """Reservation → outcomes of this verb."""
    found: dict[str, list[str]] = {}
    for call, answer in zip(calls, heard, strict=True):
        _, _, _, reservation_id, called = call.path.split("/")
        if called == verb:
            found.setdefault(reservation_id, []).append(answer.outcome)
    return found


async def test_confirm_release_and_expiry_agree_on_one_end(shop: Shop) -> None:
    """Callers who pay and callers who give up meet the deadline of each of 60 holds."""
    await shop.stocked(1000)
    held = [await shop.held(2, ttl_seconds=1) for _ in range(60)]
    rounds: list[Call] = []
    for number in range(20):  # about the second that the holds live
        rounds += actions(held[number::20], "confirm", {})
        rounds += actions(held[number * 2 % 20 :: 20], "release", {})
    rounds += actions(held, "confirm", {}) + actions(held, "release", {})
    heard = await call_at_once(shop.api, rounds, CALLERS)
    statuses = await final_statuses(shop, held)
    assert {answer.status for answer in heard} <= {200, 409}
    confirms, releases = (by_reservation(rounds, heard, verb) for verb in ("confirm", "release"))
    for reservation_id, status in statuses.items():
        check_story(status, confirms[reservation_id], releases[reservation_id])
    committed = 2 * sum(status == "confirmed" for status in statuses.values())
    assert await shop.counters() == (1000, 0, committed, 0, 0)


def check_story(status: str, confirms: list[str], releases: list[str]) -> None:
    """No answer may contradict the end: every end was told to at most one caller as news."""
    story = (status, confirms, releases)
    assert confirms.count("confirmed") <= 1, story
    assert releases.count("released") <= 1, story
    if status == "expired":
        assert "confirmed" not in confirms, story
        assert "released" not in releases, story
        assert "reservation_released" not in confirms, story
    if status == "released":
        assert "released" in releases, story
        assert "reservation_expired" not in confirms, story
    if status == "confirmed":
        assert "confirmed" in confirms, story
        assert "released" not in releases, story


async def test_paying_at_the_deadline_is_either_in_time_or_late(shop: Shop) -> None:
    """Confirms only, one per hold, spread over its deadline: answer and end are the same."""
    await shop.stocked(1000)
    held = [await shop.held(1, ttl_seconds=1) for _ in range(80)]

    async def near_the_end() -> bool:
        return bool((await shop.reservation(held[0]))["status"] == "expired")

    await eventually(near_the_end, "the first hold is due")
    calls = actions(held, "confirm", {})
    heard = await call_at_once(shop.api, calls, CALLERS)
    statuses = await final_statuses(shop, held)
    for reservation_id, answer in zip(held, heard, strict=True):
        expected = {"confirmed": "confirmed", "reservation_expired": "expired"}[answer.outcome]
        assert statuses[reservation_id] == expected
    committed = sum(status == "confirmed" for status in statuses.values())
    assert await shop.counters() == (1000, 0, committed, 0, 0)


async def test_an_expired_unit_is_taken_again_once(shop: Shop) -> None:
    """One unit, ten expired orders for it, all want it back."""
    await shop.stocked(1)
    expired = [await shop.expired(1) for _ in range(3)]
    heard = await call_at_once(shop.api, actions(expired, "confirm", {"reacquire": True}) * 5, CALLERS)
    assert Counter(answer.outcome for answer in heard) == {"confirmed": 1, "replayed": 4, "insufficient_stock": 10}
    assert await shop.counters() == (1, 0, 1, 0, 0)


async def test_a_part_is_given_back_once(shop: Shop) -> None:
    await shop.stocked(100)
    reservation_id = await shop.held(50)
    bodies = [{"lines": [{"sku": shop.sku(), "quantity": 2}], "release_id": shop.id()} for _ in range(10)]
    calls = [Call(f"/v1/reservations/{reservation_id}/release", body) for _ in range(10) for body in bodies]
    heard = await call_at_once(shop.api, calls, CALLERS)
    assert Counter(answer.outcome for answer in heard) == {"held": 10, "replayed": 90}
    assert await shop.counters() == (100, 30, 0, 0, 0)


async def test_the_same_batch_from_many_callers(shop: Shop) -> None:
    await shop.stocked(150)
    operations = [{"op": "reserve", **shop.order()} for _ in range(200)]
    heard = await call_at_once(shop.api, [Call("/v1/batch", {"operations": operations})] * 8, 8)
    statuses = Counter(result["status"] for answer in heard for result in answer.body["results"])
    assert statuses == {201: 150, 200: 7 * 150, 409: 8 * 50}
    assert await shop.counters() == (150, 150, 0, 0, 0)


async def test_the_same_movements_and_scans_from_many_callers(shop: Shop) -> None:
    movements = {"movements": [shop.movement("receive", 3) for _ in range(100)]}
    heard = await call_at_once(shop.api, [Call("/v1/stock/movements", movements)] * 8, 8)
    results = Counter(result["result"] for answer in heard for result in answer.body["results"])
    assert results == {"applied": 100, "duplicate": 700}
    reservation_id = await shop.confirmed(300)
    scans = {"scans": [shop.scan_of(reservation_id) for _ in range(100)]}
    heard = await call_at_once(shop.api, [Call("/v1/wms/outbound-scans", scans)] * 8, 8)
    results = Counter(result["result"] for answer in heard for result in answer.body["results"])
    assert results == {"applied": 100, "duplicate": 700}
    assert await shop.counters() == (200, 0, 200, 0, 0)


async def test_shipping_and_giving_back_meet(shop: Shop) -> None:
    """The parcel leaves while the customer cancels: what left has left, the rest comes back, nothing is lost."""
    await shop.stocked(1000)
    paid = [await shop.confirmed(3) for _ in range(40)]
    calls: list[Call] = []
    for reservation_id in paid:
        scans = [shop.scan_of(reservation_id) for _ in range(3)]
        calls += [Call("/v1/wms/outbound-scans", {"scans": [scan]}) for scan in scans]
        calls.insert(len(calls) - 2, Call(f"/v1/reservations/{reservation_id}/release", {}))
    heard = await call_at_once(shop.api, calls, CALLERS)
    assert all(answer.status in {200, 409} for answer in heard)
    for reservation_id in paid:
        body = await shop.reservation(reservation_id)
        (line,) = body["lines"]
        assert body["status"] in {"shipped", "released"}, body
        assert line["shipped"] + line["released"] == 3, body
    assert await shop.counters() == (880, 0, 0, 0, 0)
