"""Reservations by hand: `reserve`, `confirm`, `release`, `extend`, and `reservations list|get`."""

from typing import Annotated

import typer

from inventory_service.cli.arguments import line_bodies, place
from inventory_service.cli.options import BY_HAND, AsJson, DataDir
from inventory_service.cli.output import print_json, print_table
from inventory_service.cli.screens import list_row, print_reservation
from inventory_service.cli.work import load_settings, run_async
from inventory_service.domain import ids
from inventory_service.domain.reservation import Status

TTL_MAX_S = 86_400

app = typer.Typer()
listing = typer.Typer(help="Who holds what.", no_args_is_help=True)

ReservationId = Annotated[str, typer.Argument(metavar="ID", help="The reservation.", show_default=False)]
Ttl = Annotated[int | None, typer.Option(min=1, max=TTL_MAX_S, metavar="SECONDS", help="How long it is held [900].")]


@app.command(rich_help_panel=BY_HAND)
def reserve(
    lines: Annotated[list[str], typer.Argument(metavar="SKU=QUANTITY", help="Such as TEE-RED-M=2.")],
    reservation_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Makes a repeat harmless \\[a new one].")
    ] = None,
    ttl: Ttl = None,
    warehouse: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only from here; may be repeated.")
    ] = None,
    order_ref: Annotated[str | None, typer.Option(metavar="REFERENCE", help="The shop's number of the order.")] = None,
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="Where the order comes from.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="An opaque id, no name.")] = None,
    ship_to: Annotated[
        str | None,
        typer.Option(
            metavar="PARTS",
            help="Such as country=CN,region=310000: country, region, province, city, postcode, lat, lon, datum.",
        ),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Hold what there is, if not all.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Hold stock for an order."""
    from inventory_service.bootstrap import by_hand

    made_id = ids.new_id("rsv") if reservation_id is None else reservation_id
    fields = {
        "reservation_id": made_id,
        "lines": line_bodies(lines),
        "ttl_seconds": ttl,
        "channel": channel,
        "order_ref": order_ref,
        "customer_id": customer,
        "ship_to": place(ship_to),
        "allocation": {"warehouses": warehouse} if warehouse else None,
        "allow_partial": partial or None,
    }
    work = by_hand.reserve(load_settings(data_dir=data_dir), fields)
    print_reservation(run_async(work, as_json, again=f"--id {made_id}"), as_json)


@app.command(rich_help_panel=BY_HAND)
def confirm(
    reservation_id: ReservationId,
    reacquire: Annotated[
        bool, typer.Option("--reacquire", help="If it expired: take the stock again if it is still there.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """The order is paid: its stock is committed, and the deadline is gone."""
    from inventory_service.bootstrap import by_hand

    work = by_hand.confirm(load_settings(data_dir=data_dir), reservation_id, {"reacquire": reacquire})
    print_reservation(run_async(work, as_json), as_json)


@app.command(rich_help_panel=BY_HAND)
def release(
    reservation_id: ReservationId,
    lines: Annotated[
        list[str] | None, typer.Argument(metavar="SKU=QUANTITY", help="A part of it \\[everything that is open].")
    ] = None,
    release_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Makes the repeat of a part harmless \\[a new one].")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give its stock back, whole or in part."""
    from inventory_service.bootstrap import by_hand

    made_id = ids.new_id("rel") if release_id is None else release_id
    fields = {"lines": line_bodies(lines), "release_id": made_id} if lines else {}
    work = by_hand.release(load_settings(data_dir=data_dir), reservation_id, fields)
    print_reservation(run_async(work, as_json, again=f"--release-id {made_id}" if lines else ""), as_json)


@app.command(rich_help_panel=BY_HAND)
def extend(
    reservation_id: ReservationId,
    ttl: Annotated[int, typer.Option(min=1, max=TTL_MAX_S, metavar="SECONDS", help="The new deadline, from now on.")],
    reacquire: Annotated[
        bool, typer.Option("--reacquire", help="If it expired: take the stock again if it is still there.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give the shopper more time."""
    from inventory_service.bootstrap import by_hand

    fields = {"ttl_seconds": ttl, "reacquire": reacquire}
    work = by_hand.extend(load_settings(data_dir=data_dir), reservation_id, fields)
    print_reservation(run_async(work, as_json), as_json)


@listing.command("list")
def reservations_list(
    sku: Annotated[str | None, typer.Option(help="That ordered this.")] = None,
    warehouse: Annotated[str | None, typer.Option(metavar="CODE", help="That this is, or was, promised from.")] = None,
    status: Annotated[Status | None, typer.Option(help="That stand like this now.")] = None,
    order_ref: Annotated[str | None, typer.Option(metavar="REFERENCE", help="Of this order.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Of this customer.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="At most so many.")] = 20,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Reservations, newest first, as the ledger has them."""
    from inventory_service.bootstrap import commands
    from inventory_service.usecases.ports import ReservationFilter

    wanted = ReservationFilter(sku or "", warehouse or "", status or "", order_ref or "", customer or "")
    views = run_async(commands.reservations(load_settings(data_dir=data_dir), wanted, limit), as_json)
    if as_json:
        print_json(views)
    elif views:
        print_table(("id", "status", "created", "deadline", "lines", "order"), [list_row(view) for view in views])
    else:
        typer.echo("No such reservation.", err=True)


@listing.command("get")
def reservations_get(reservation_id: ReservationId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """One reservation, also long after it ended."""
    from inventory_service.bootstrap import commands

    work = commands.reservation(load_settings(data_dir=data_dir), reservation_id)
    print_reservation(run_async(work, as_json), as_json)
