"""The kernel in plain Python: the executable specification that the Lua is compared with.

One command at a time, on dictionaries; no batches, no encoding, no limits. What it says must be what
`lua/apply.lua` says: outcome, records, stock, events. It knows nothing of `inventory_service.engine`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inventory_service.domain import commands
from inventory_service.domain.outcomes import Outcome
from inventory_service.domain.reservation import OPEN_STATUSES
from tests.kernel import model_moving, model_reservations, model_scans, model_stock, model_transfers
from tests.kernel.model_state import State

HANDLERS: Mapping[type[commands.Command], Callable[[State, Any], Outcome]] = {
    commands.Reserve: model_reservations.reserve,
    commands.Confirm: model_reservations.confirm,
    commands.Extend: model_reservations.extend,
    commands.Release: model_reservations.release,
    commands.Reallocate: model_moving.reallocate,
    commands.ShortPick: model_moving.short_pick,
    commands.Preview: model_moving.preview,
    commands.ReadReservation: model_reservations.read_reservation,
    commands.Scan: model_scans.scan,
    commands.Park: model_scans.park,
    commands.Reverse: model_scans.reverse,
    commands.Movement: model_stock.move,
    commands.SetPolicy: model_stock.set_policy,
    commands.ReadStock: model_stock.read_stock,
    commands.OpenTransfer: model_transfers.open_transfer,
    commands.ShipTransfer: model_transfers.ship_transfer,
    commands.ReceiveTransfer: model_transfers.receive_transfer,
    commands.CancelTransfer: model_transfers.cancel_transfer,
}


class Model(State):
    """The state of one partition and what can be asked of it."""

    def apply(self, command: commands.Command, now_ms: int) -> Outcome:
        """Apply one command at `now_ms` of the kernel's clock, which never goes back; what is due expires first."""
        self.sweep(now_ms)
        return HANDLERS[type(command)](self, command)

    def sweep(self, now_ms: int, order: Sequence[str] = ()) -> None:
        """Move the clock and expire whatever is due: those of `order` first, then by deadline.

        Deadlines decide the order, but behind an outage the kernel may keep either the hold's own or the later
        one that the outage gave it, so what falls due together may come in any order.
        """
        self.now_ms = max(self.now_ms, now_ms)
        due = [key for key in self.deadlines() if self.is_due(self.holds[key])]
        given = {key: place for place, key in enumerate(order)}
        for key in sorted(due, key=lambda key: (given.get(key, len(given)), self.holds[key].deadline_ms, key)):
            model_reservations.expire(self, key)

    def evict(self, reservation_id: str, digest: str) -> None:
        """What the ledger has for good leaves; its id stays remembered."""
        record = self.holds.pop(reservation_id)
        assert record.status not in OPEN_STATUSES
        self.remember(digest, record.fingerprint)
        self.drop_days()
