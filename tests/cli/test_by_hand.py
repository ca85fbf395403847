"""Reservations and scans by hand, beside the running service: what is done, refused, and done only once."""

from tests.acceptance.shop import Shop
from tests.cli.terminal import Commands


async def test_an_order_from_its_hold_to_its_parcel(shop: Shop, commands: Commands) -> None:
    sku, order = await shop.stocked(10), shop.id()
    reserve = (
        "reserve",
        f"{sku}=3",
        "--id",
        order,
        "--order-ref",
        f"no {order}",
        "--ship-to",
        "country=CN,region=310000",
    )
    held = commands(*reserve).table()
    assert (held["reservation"], held["status"], held["order"]) == (order, "held", f"no {order}")
    assert held["deadline"].endswith(" s left")
    assert held[sku].split() == ["3", "0", "0", "SHA", "3"]

    assert commands(*reserve).table()["done"] == "nothing: it was done before"
    assert commands("extend", order, "--ttl", "77").table()["done"] == "extended"
    partly = commands("release", order, f"{sku}=1", "--release-id", shop.id()).table()
    assert (partly["status"], partly[sku].split()) == ("held", ["3", "0", "1", "SHA", "2"])
    paid = commands("confirm", order).table()
    assert (paid["status"], "deadline" in paid) == ("confirmed", False)

    scan = ("scan", f"no {order}", sku, "2", "--warehouse", "SHA", "--scan-id", shop.id())
    assert commands(*scan).table()["result"] == "applied"
    assert commands(*scan, "--json").json() == {"scan_id": scan[-1], "result": "duplicate", "code": None}
    assert (await shop.reservation(order))["status"] == "shipped"
    assert (await shop.stock())["on_hand"] == 8


async def test_a_shortage_names_each_short_line_and_holds_nothing(shop: Shop, commands: Commands) -> None:
    first, second = await shop.stocked(2, "A"), await shop.stocked(5, "B")
    said = commands("reserve", f"{first}=3", f"{second}=5", "--warehouse", "SHA").refused().splitlines()
    assert said == [
        "Not enough stock for every line; nothing is held. [insufficient_stock]",
        f"  {first}: 3 asked for, 2 available [not_enough]",
    ]
    problem = commands("reserve", f"{first}=3", "--json").json(code=1)
    assert (problem["code"], problem["shortages"][0]["available"]) == ("insufficient_stock", 2)
    assert (await shop.stock("A"))["held"] == 0

    part = commands("reserve", f"{first}=3", "--partial", "--json").json()
    assert [(line["requested"], line["quantity"]) for line in part["lines"]] == [(3, 2)]


async def test_what_stands_otherwise_is_refused_by_its_code(shop: Shop, commands: Commands) -> None:
    await shop.stocked(3)
    released, expired = await shop.released(1), await shop.expired(1)
    assert commands("confirm", released).refused().endswith("[reservation_released]")
    assert commands("extend", released, "--ttl", "9").refused().endswith("[not_held]")
    assert commands("release", "no-such-order").refused() == "There is no reservation no-such-order. [not_found]"
    assert commands("confirm", expired).refused().endswith("[reservation_expired]")
    assert commands("confirm", expired, "--reacquire").table()["done"] == "reacquired"
    assert commands("reserve", f"{shop.sku('never')}=1", "--json").json(code=1)["code"] == "unknown_sku"
    assert (
        commands("reserve", f"{shop.sku()}=0").refused()
        == "Expected `int` >= 1 (/lines/0/quantity) [validation_failed]"
    )


async def test_a_scan_that_does_not_fit_is_told(shop: Shop, commands: Commands) -> None:
    sku = await shop.stocked(5)
    order = await shop.held(1)
    applied = commands("scan", order, sku, "2", "-w", "SHA").table()
    assert (applied["result"], applied["code"]) == ("applied", "over_scan")
    parked = commands("scan", shop.id("unknown"), sku, "1", "-w", "SHA", "--json").json(code=1)
    assert (parked["result"], parked["code"]) == ("parked", "unknown_reservation")
    assert (await shop.stock())["on_hand"] == 3


async def test_an_empty_id_is_refused_since_a_repeat_could_not_be_told_from_a_second_order(
    shop: Shop, commands: Commands
) -> None:
    """As `--id "$ORDER"` gives it where the variable is not set."""
    sku, order = await shop.stocked(5), await shop.held(1)
    assert "/reservation_id" in commands("reserve", f"{sku}=1", "--id", "").refused()
    assert "/release_id" in commands("release", order, f"{sku}=1", "--release-id", "").refused()
    assert "/scan_id" in commands("scan", order, sku, "1", "-w", "SHA", "--scan-id", "").refused()
    assert ((await shop.stock())["held"], (await shop.stock())["on_hand"]) == (1, 5)
