"""Moments at which losing the process, or a second, would hurt most. Here they are only named.

The fault harness (`tests/faults`) sets `hook`, in processes that it starts itself, to kill, stop or count. Without it a
moment costs one comparison, and none lies on the path of a single command: per batch, flush or opening at the most.
"""

from collections.abc import Callable
from typing import Literal, get_args

Point = Literal[
    "redis.sent",  # Redis may run it, nobody has read the reply
    "batch.taken",  # commands have left the queue, nothing is sent
    "batch.repeated",  # an attempt failed, the next one follows
    "batch.answered",  # the reply is here, no caller has been told
    "flush.read",  # entries were read, no transaction is open
    "flush.before_offset",
    "flush.after_offset",
    "flush.before_commit",  # every row is written
    "flush.committed",  # Redis has not been told
    "flush.told",  # Redis knows what is committed
    "gate.claimed",  # the ledger is owned, Redis is not compared yet
    "gate.advanced",  # the epoch is claimed in Postgres, the gate is closed
    "gate.opened",
    "rebuild.closed",  # the gate is closed, nothing is written
    "rebuild.stock_written",
    "rebuild.holds_written",
    "rebuild.before_flip",  # all is written under the new keys, `meta` names the old ones
    "rebuild.flipped",  # the old keys are still there
    "parked.before_apply",
    "parked.applied",
]
POINTS: tuple[Point, ...] = get_args(Point)

hook: Callable[[Point], None] | None = None


def reached(point: Point) -> None:
    """Say that the moment has come."""
    if hook is not None:
        hook(point)
