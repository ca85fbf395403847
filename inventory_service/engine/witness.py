"""What a reply of Redis is worth: whether its disk keeps it, and whether a replica has it too."""

import time
from collections.abc import Sequence
from typing import Any

import structlog

from inventory_service.domain.commands import Command
from inventory_service.domain.durability import ON_DISK, Durability, Levels
from inventory_service.engine.durability import configuration, is_durable, warn
from inventory_service.engine.link import InDoubt, Link, NotExecuted, Words

log = structlog.get_logger()

_LOOK_SECONDS = 1.0
# A setting that is changed under a running service is noticed within so long.
_LOOKS_APART_SECONDS = 1.0
# The batches behind one that waits for a replica wait as well: it may cost them both waits, once in so long.
_REPLICA_MS = 100
_ASKS_APART_SECONDS = 1.0
# In one breath with the batch, WAITAOF alone takes 1 s: the replica tells its offset before it has fsynced, and then
# not again until its next tick. Behind a WAIT it is asked once more, and both take 4 ms.
_WAITS: Sequence[Words] = (("WAIT", 1, _REPLICA_MS), ("WAITAOF", 1, 1, _REPLICA_MS))


class Witness:
    """Of one kernel's connection: it looks over that one alone, since another may lead to another server.

    `asserted`: a person vouches for the server's settings, so nobody looks.
    """

    def __init__(self, levels: Levels = ON_DISK, *, asserted: bool = False) -> None:
        self._levels = levels
        self._asserted = asserted
        self._connection = 0
        self._looks_at = 0.0
        self._durable: bool | None = None
        self._waits = _WAITS
        self._asks_at = 0.0
        self._has_replica: bool | None = None

    async def asks(self, link: Link, commands: Sequence[Command]) -> Sequence[Words]:
        """To be called in front of each batch: the waits for a replica that go behind it, (): none.

        On a new connection, and once a second, it looks at the server first. Raises NotExecuted.
        """
        if self._connection != link.connection_number or time.monotonic() >= self._looks_at:
            await self._look(link)
        if Durability.REPLICA not in self._levels or time.monotonic() < self._asks_at:
            return ()
        return self._waits if any(self._levels.of(command) is Durability.REPLICA for command in commands) else ()

    async def _look(self, link: Link) -> None:
        try:
            found = {} if self._asserted else await configuration(link, _LOOK_SECONDS)
        except InDoubt as error:  # reading leaves nothing in doubt
            raise NotExecuted(str(error)) from error
        durable = self._asserted or is_durable(found)
        if durable is not self._durable and not durable:
            warn(found)
        if self._connection != link.connection_number:
            self._waits = _WAITS
        self._durable, self._connection = durable, link.connection_number
        self._looks_at = time.monotonic() + _LOOKS_APART_SECONDS

    def reached(self, behind: Sequence[Words], replies: Sequence[Any]) -> Durability:
        """How far the batch got behind which `replies` came; a wait that came up short takes nothing back."""
        replicated = bool(behind) and self._replicated(replies)
        if behind and not replicated:
            self._asks_at = time.monotonic() + _ASKS_APART_SECONDS
        if behind and replicated is not self._has_replica:
            self._has_replica = replicated
            if not replicated:
                log.warning("durability.replica_missing", replies=str(replies))
        if not self._durable:
            return Durability.MEMORY
        return Durability.REPLICA if replicated else Durability.DISK

    def _replicated(self, replies: Sequence[Any]) -> bool:
        """Whether the last wait says so, on a server without WAITAOF the one before it."""
        if replies and str(replies[-1]).startswith("unknown command"):
            self._waits, replies = self._waits[:1], replies[:1]
        if len(replies) < len(self._waits):
            return False
        replicas = replies[-1][1] if isinstance(replies[-1], list) else replies[-1]
        return isinstance(replicas, int) and replicas > 0
