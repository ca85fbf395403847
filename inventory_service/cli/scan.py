"""`scan`: an outbound scan by hand."""

import sys
from typing import Annotated

import typer

from inventory_service.cli.options import BY_HAND, AsJson, DataDir
from inventory_service.cli.output import print_json, print_pairs
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async
from inventory_service.domain import ids
from inventory_service.domain.stock import QUANTITY_MAX

app = typer.Typer()


@app.command(rich_help_panel=BY_HAND)
def scan(
    order: Annotated[
        str, typer.Argument(metavar="RESERVATION_OR_ORDER", help="A reservation's id, or else an order's reference.")
    ],
    sku: Annotated[str, typer.Argument(help="What left.")],
    quantity: Annotated[int, typer.Argument(min=1, max=QUANTITY_MAX, help="How many of it.")],
    warehouse: Annotated[str, typer.Option("--warehouse", "-w", metavar="CODE", help="Where it left.")],
    scan_id: Annotated[str | None, typer.Option(metavar="ID", help="Makes a repeat harmless \\[a new one].")] = None,
    channel: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the order, where its reference is not enough.")
    ] = None,
    package_no: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept with the scan.")] = None,
    carrier: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept with the scan.")] = None,
    tracking_no: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept with the scan.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """A parcel left: deduct it for good, once. What cannot be tied to an order is parked: kept, but not deducted.

    Exit 0 when it is applied (a code beside it is an exception that waits for a person) or was before, 1 when parked.
    """
    from inventory_service.bootstrap import by_hand

    made_id = ids.new_id("scan") if scan_id is None else scan_id
    fields = {
        "scan_id": made_id,
        "warehouse": warehouse,
        "sku": sku,
        "quantity": quantity,
        "channel": channel,
        "package_no": package_no,
        "carrier": carrier,
        "tracking_no": tracking_no,
    }
    work = by_hand.scan(load_settings(data_dir=data_dir), order, fields)
    result = run_async(work, as_json, again=f"--scan-id {made_id}")
    if as_json:
        print_json({"scan_id": result.scan_id, "result": result.result, "code": result.code or None})
    else:
        code = [("code", result.code)] if result.code else []
        print_pairs([("scan", result.scan_id), ("result", result.result), *code])
    sys.exit(EXIT_FAILED if result.result == "parked" else 0)
