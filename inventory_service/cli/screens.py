"""A reservation as a person wants to read it."""

import time
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from inventory_service.cli.output import print_json, print_pairs, print_table
from inventory_service.domain.reservation import Status

if TYPE_CHECKING:
    from inventory_service.web.schemas.reservations import LineView, ReservationView


def print_reservation(view: "ReservationView", as_json: bool) -> None:
    """All of it: what was done, how it stands, and where its units come from."""
    if as_json:
        print_json(view)
        return
    outcome = {"": "", "found": ""}.get(view.outcome or "", view.outcome or "")
    pairs: list[tuple[str, object]] = [("reservation", view.reservation_id), ("status", view.status.value)]
    if outcome and outcome != view.status:
        told = {"replayed": "nothing: it was done before"}
        pairs.insert(1, ("done", told.get(outcome, outcome)))
    pairs += [(label, text) for label, text in _moments(view) if text]
    pairs += [(label, text) for label, text in _order(view) if text]
    print_pairs(pairs)
    typer.echo()
    print_lines(view)


def print_lines(view: "ReservationView") -> None:
    partly = any(line.requested for line in view.lines)
    names = ("sku", *(("requested",) if partly else ()), "quantity", "shipped", "released", "from")
    rows = [
        (line.sku, *((line.requested,) if partly else ()), line.quantity, line.shipped, line.released, _from(line))
        for line in view.lines
    ]
    print_table(names, rows)


def list_row(view: "ReservationView") -> tuple[object, ...]:
    """One line of a list: id, status, created, deadline, lines, order."""
    lines = ", ".join(f"{line.sku}={line.quantity - line.released}" for line in view.lines)
    return (
        view.reservation_id,
        view.status.value,
        _seconds(view.created_at),
        deadline(view),
        lines,
        view.order_ref or "",
    )


def deadline(view: "ReservationView") -> str:
    """How long it is still held; empty when nothing runs out."""
    if view.status != Status.HELD or not view.expires_at:
        return ""
    left_s = datetime.fromisoformat(view.expires_at).timestamp() - time.time()
    return f"{left_s:.0f} s left" if left_s > 0 else "due"


def _moments(view: "ReservationView") -> list[tuple[str, str]]:
    left = deadline(view)
    return [
        ("deadline", f"{_seconds(view.expires_at)}, {left}" if left and view.expires_at else ""),
        ("created", _seconds(view.created_at)),
        ("confirmed", _seconds(view.confirmed_at or "")),
        ("ended", _seconds(view.ended_at or "")),
    ]


def _order(view: "ReservationView") -> list[tuple[str, str]]:
    metadata = ", ".join(f"{name}={value}" for name, value in view.metadata.items())
    return [
        ("order", view.order_ref or ""),
        ("channel", view.channel or ""),
        ("customer", view.customer_id or ""),
        ("metadata", metadata),
    ]


def _from(line: "LineView") -> str:
    return ", ".join(f"{each.warehouse} {each.quantity}" for each in line.allocations) or "nowhere"


def _seconds(moment: str) -> str:
    """`2026-11-11 00:15:00`, UTC."""
    return moment[:19].replace("T", " ")
