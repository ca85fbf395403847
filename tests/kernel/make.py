"""Commands for kernel tests, as short as a row of a table.

Ids, digests and fingerprints are made as the use cases make them. Every command gets an op id of its own;
`again` gives the same command another one, as a caller's repeat has.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import TypeVar

from inventory_service.domain.commands import (
    CancelTransfer,
    Confirm,
    Extend,
    Fitted,
    HoldLimit,
    LineRequest,
    Movement,
    OpenTransfer,
    Park,
    Preview,
    ReadReservation,
    ReadStock,
    Reallocate,
    ReceivedLine,
    ReceiveTransfer,
    Release,
    Reserve,
    Reverse,
    Route,
    Scan,
    SetPolicy,
    Shift,
    ShipTransfer,
    ShortPick,
    Window,
)
from inventory_service.domain.ids import digest, fingerprint
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import UNSET, Threshold

TTL_MS = 900_000
SHOP = "shop"
NOWHERE = Route((), (), False, 0)

_op_numbers = count(1)

Repeatable = TypeVar("Repeatable", Reserve, Confirm, Extend, Release, Reallocate, SetPolicy)


def new_op_id() -> str:
    return f"op-{next(_op_numbers)}"


def again(command: Repeatable) -> Repeatable:
    """The same wish by a caller who asks once more."""
    return command._replace(op_id=new_op_id())


def route(
    *ranked: str,
    out_of_area: str = "",
    balance: bool = False,
    max_splits: int = 0,
    stores: int = 0,
    windows: Mapping[str, Sequence[Shift]] | None = None,
    basis: str = "",
    not_selling: str = "",
) -> Route:
    """`out_of_area`, `not_selling`: codes, separated by blanks. `windows`: the shifts of warehouses that have some."""
    shifts = tuple(Window(warehouse, tuple(each)) for warehouse, each in (windows or {}).items())
    outside, idle = tuple(out_of_area.split()), tuple(not_selling.split())
    return Route(ranked, outside, balance, max_splits, stores, shifts, basis, idle)


def lines_of(text: str) -> list[LineRequest]:
    """`"A*2 B"` → two of A and one of B."""
    parts = (part.partition("*") for part in text.split())
    return [LineRequest(sku, int(quantity or 1)) for sku, _, quantity in parts]


def reserve(
    reservation_id: str,
    lines: str,
    where: Route | None = None,
    *,
    ttl_ms: int = TTL_MS,
    allow_partial: bool = False,
    client: str = SHOP,
    attributes: str = "{}",
    limits: Sequence[HoldLimit] = (),
    channel: str = "",
) -> Reserve:
    wanted = lines_of(lines)
    content = {"lines": sorted(wanted), "ttl_ms": ttl_ms, "allow_partial": allow_partial}
    return Reserve(
        reservation_id=reservation_id,
        digest=digest("reservation", reservation_id),
        fingerprint=fingerprint(content),
        client=client,
        op_id=new_op_id(),
        ttl_ms=ttl_ms,
        lines=wanted,
        allow_partial=allow_partial,
        attributes=attributes,
        limits=list(limits),
        channel=channel,
        route=where or route("SHA"),
    )


def confirm(
    reservation_id: str,
    again_at: Route = NOWHERE,
    *,
    carried: Reservation | None = None,
    client: str = SHOP,
    channel: str = "",
) -> Confirm:
    """`again_at`: take an expired one again, from these warehouses."""
    reacquire = again_at is not NOWHERE
    return Confirm(reservation_id, client, new_op_id(), reacquire, [carried] if carried else [], channel, again_at)


def extend(
    reservation_id: str,
    ttl_ms: int = TTL_MS,
    again_at: Route = NOWHERE,
    armed_ms: int = 0,
    *,
    carried: Reservation | None = None,
    channel: str = "",
) -> Extend:
    """`armed_ms`: only if its deadline was set then."""
    reacquire = again_at is not NOWHERE
    carried_list = [carried] if carried else []
    return Extend(reservation_id, SHOP, new_op_id(), ttl_ms, armed_ms, reacquire, carried_list, channel, again_at)


def release(
    reservation_id: str, lines: str = "", release_id: str = "", *, carried: Reservation | None = None
) -> Release:
    """The whole, or the part that `lines` name, once per `release_id`."""
    part = lines_of(lines)
    return Release(
        reservation_id=reservation_id,
        client=SHOP,
        op_id=new_op_id(),
        lines=part,
        digest=digest("release", SHOP, release_id) if part else "",
        fingerprint=fingerprint({"lines": part}) if part else "",
        carried=[carried] if carried else [],
    )


def reallocate(reservation_id: str, where: Route, *, carried: Reservation | None = None) -> Reallocate:
    return Reallocate(reservation_id, SHOP, new_op_id(), [carried] if carried else [], where)


def short_pick(
    short_pick_id: str,
    reservation_id: str,
    sku: str,
    quantity: int = 1,
    warehouse: str = "SHA",
    where: Route | None = None,
    *,
    carried: Reservation | None = None,
) -> ShortPick:
    content = {"reservation": reservation_id, "sku": sku, "quantity": quantity, "warehouse": warehouse}
    return ShortPick(
        short_pick_id=short_pick_id,
        digest=digest("short_pick", "wms", short_pick_id),
        fingerprint=fingerprint(content),
        client="wms",
        reservation_id=reservation_id,
        warehouse=warehouse,
        sku=sku,
        quantity=quantity,
        carried=[carried] if carried else [],
        route=where or route("SHA", "PEK", "CAN"),
    )


def preview(lines: str, where: Route | None = None, *, allow_partial: bool = False, channel: str = "") -> Preview:
    return Preview(lines_of(lines), allow_partial, channel, where or route("SHA"))


def scan(
    scan_id: str,
    reservation_id: str,
    sku: str,
    quantity: int = 1,
    warehouse: str = "SHA",
    *,
    scanned_ms: int = 0,
    exception_id: str = "",
    carried: Reservation | None = None,
    client: str = "wms",
) -> Scan:
    print_ = fingerprint({"reservation": reservation_id, "sku": sku, "quantity": quantity, "warehouse": warehouse})
    return Scan(
        scan_id=scan_id,
        digest=digest("unpark", exception_id) if exception_id else digest("scan", client, scan_id),
        reuse_digest=digest("scan_reuse", client, scan_id, print_),
        fingerprint=print_,
        client=client,
        reservation_id=reservation_id,
        warehouse=warehouse,
        sku=sku,
        quantity=quantity,
        scanned_ms=scanned_ms,
        exception_id=exception_id,
        payload='{"carrier": "顺丰"}',
        carried=[carried] if carried else [],
    )


def park(scan_id: str, code: str, payload: str = "{}", *, client: str = "wms") -> Park:
    print_ = fingerprint({"payload": payload})
    return Park(
        scan_id=scan_id,
        digest=digest("scan", client, scan_id),
        reuse_digest=digest("scan_reuse", client, scan_id, print_),
        fingerprint=print_,
        client=client,
        code=code,
        payload=payload,
    )


def reverse(
    exception_id: str,
    reservation_id: str,
    sku: str,
    quantity: int = 1,
    warehouse: str = "SHA",
    *,
    fitted: str = "",
    carried: Reservation | None = None,
) -> Reverse:
    """`fitted`: `"SHA*2 PEK"`, whose promises the scan took."""
    return Reverse(
        exception_id=exception_id,
        digest=digest("reverse", exception_id),
        client="desk",
        reservation_id=reservation_id,
        warehouse=warehouse,
        sku=sku,
        quantity=quantity,
        fitted=[Fitted(part.sku, part.quantity) for part in lines_of(fitted)],
        note="parcel came back",
        carried=[carried] if carried else [],
    )


def move(
    movement_id: str,
    kind: str,
    sku: str,
    quantity: int,
    warehouse: str = "SHA",
    *,
    expected: int | None = None,
    force: bool = False,
    client: str = "desk",
    at_ms: int = 0,
) -> Movement:
    content = {"type": kind, "sku": sku, "quantity": quantity, "warehouse": warehouse, "force": force, "at_ms": at_ms}
    return Movement(
        movement_id=movement_id,
        digest=digest("movement", client, movement_id),
        fingerprint=fingerprint(content),
        client=client,
        type=kind,
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        expected_on_hand=[] if expected is None else [expected],
        force=force,
        reason="because",
        reference="po-1",
        expected_ms=at_ms,
    )


def receive(sku: str, quantity: int, warehouse: str = "SHA") -> Movement:
    """Fresh stock, under an id that no other movement has."""
    return move(f"mv-{next(_op_numbers)}", "receive", sku, quantity, warehouse)


def policy(
    sku: str,
    safety_stock: int = UNSET,
    warn_below: int = UNSET,
    warehouse: str = "",
    *,
    ahead: int | None = None,
    terms: Sequence[Threshold] = (),
) -> SetPolicy:
    """`ahead`: the bound of what is sold ahead."""
    preorder_limit = [] if ahead is None else [ahead]
    return SetPolicy(sku, warehouse, safety_stock, warn_below, "desk", new_op_id(), preorder_limit, list(terms))


def terms(
    channel: str = "",
    withheld: int = UNSET,
    limit_below: int = UNSET,
    limit_quantity: int = UNSET,
    pause_below: int = UNSET,
    warn_below: int = UNSET,
) -> Threshold:
    """What is given of a channel's thresholds."""
    return Threshold(channel, withheld, limit_below, limit_quantity, pause_below, warn_below)


def transfer(
    transfer_id: str,
    lines: str,
    where: str = "SHA>PEK",
    *,
    at_ms: int = 0,
    ships: bool = False,
    force: bool = False,
) -> OpenTransfer:
    """`where`: from and to."""
    origin, _, destination = where.partition(">")
    content = {"lines": lines, "where": where, "at_ms": at_ms, "ships": ships}
    return OpenTransfer(
        transfer_id=transfer_id,
        digest=digest("transfer", transfer_id),
        fingerprint=fingerprint(content),
        client="desk",
        origin=origin,
        destination=destination,
        lines=lines_of(lines),
        expected_ms=at_ms,
        reference="",
        ships=ships,
        force=force,
    )


def ship(transfer_id: str, lines: str = "", *, force: bool = False) -> ShipTransfer:
    return ShipTransfer(transfer_id, digest("transfer", transfer_id), "desk", lines_of(lines), force)


def receive_transfer(
    transfer_id: str, receipt_id: str, lines: str, *, damaged: int = 0, close: bool = False
) -> ReceiveTransfer:
    """`damaged`: so many of each line."""
    got = [ReceivedLine(sku, quantity, min(damaged, quantity)) for sku, quantity in lines_of(lines)]
    print_ = fingerprint({"lines": got, "close": close})
    return ReceiveTransfer(transfer_id, digest("transfer", transfer_id), "desk", receipt_id, print_, got, close)


def cancel(transfer_id: str) -> CancelTransfer:
    return CancelTransfer(transfer_id, digest("transfer", transfer_id), "desk")


def read(reservation_id: str) -> ReadReservation:
    return ReadReservation(reservation_id)


def look(sku: str) -> ReadStock:
    return ReadStock(sku)


def stocked(text: str) -> list[Movement]:
    """`"A@SHA*5 B@PEK"` → the receipts that put it there."""
    receipts = []
    for sku_at, quantity in lines_of(text):
        sku, _, warehouse = sku_at.partition("@")
        receipts.append(receive(sku, quantity, warehouse))
    return receipts
