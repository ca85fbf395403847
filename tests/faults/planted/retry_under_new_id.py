"""A batch in doubt is repeated under new ids.

Seen by: no event is without a caller, and each call has one.
"""

from inventory_service.domain.commands import Command, Confirm, Extend, Movement, Release, Reserve, SetPolicy
from inventory_service.engine.delivery import _Attempts
from inventory_service.engine.kernel import Reply
from inventory_service.usecases.move_stock import movement_digest
from tests.faults.planting import replace

FAULTS = "lose-reply-redis,reset-redis,half-open-redis"


def plant() -> None:
    once = _Attempts.once

    async def under_new_ids(self: _Attempts) -> Reply | None:
        if self._in_doubt:
            self._commands = [_renamed(command) for command in self._commands]
        return await once(self)

    replace(_Attempts, "once", under_new_ids)


def _renamed(command: Command) -> Command:
    if isinstance(command, Movement):
        new_id = f"{command.movement_id}:again"
        return command._replace(movement_id=new_id, digest=movement_digest(command.client, new_id))
    if isinstance(command, Reserve | Confirm | Extend | Release | SetPolicy):
        return command._replace(op_id=f"{command.op_id}:again")
    return command
