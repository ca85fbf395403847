"""How durable an answer is: what it waits for, and what it may then say."""

from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.commands import (
    Command,
    Confirm,
    Extend,
    Movement,
    Reallocate,
    Release,
    Reserve,
    SetPolicy,
    TransferCommand,
)


class Durability(StrEnum):
    """What has the change by now; each includes what stands before it, but for `memory` on the way to `ledger`."""

    MEMORY = "memory"  # Redis, which may forget it: it was not seen to fsync before it answers
    DISK = "disk"  # Redis's append-only file, fsynced
    REPLICA = "replica"  # a replica of it too
    LEDGER = "ledger"  # Postgres, committed


class Levels(NamedTuple):
    """What the answers of each class of operations wait for."""

    holds: Durability = Durability.DISK  # reserve, extend, release, reallocate
    confirms: Durability = Durability.DISK
    scans: Durability = Durability.DISK  # outbound scans, and what people decide about them
    movements: Durability = Durability.DISK  # stock movements, transfers and policies

    def of(self, command: Command) -> Durability:
        """Of a command that changes something."""
        if isinstance(command, Reserve | Extend | Release | Reallocate):
            return self.holds
        if isinstance(command, Confirm):
            return self.confirms
        return self.movements if isinstance(command, Movement | SetPolicy | TransferCommand) else self.scans


ON_DISK = Levels()
