"""A few numbers shared with one child process: how often it reached each point, and what it shall do there.

A mapped file, since it must outlive the child's SIGKILL and be changed while the child runs.
"""

import mmap
import os
import signal
import struct
from enum import IntEnum
from pathlib import Path

from inventory_service.faultpoints import POINTS, Point

_SLOT = struct.Struct("<4I")  # reached, action, countdown, fired


class Action(IntEnum):
    NOTHING = 0
    KILL = 1  # SIGKILL to itself
    STOP = 2  # SIGSTOP to itself; whoever armed it sends SIGCONT


class Board:
    """Both sides open the same path. The file must exist with the right size: `Board.create`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SLOT.size * len(POINTS))
        self._offsets = {point: index * _SLOT.size for index, point in enumerate(POINTS)}

    @classmethod
    def create(cls, path: Path) -> "Board":
        path.write_bytes(bytes(_SLOT.size * len(POINTS)))
        return cls(path)

    def arm(self, point: Point, action: Action, countdown: int = 1) -> None:
        """Act when the point is reached for the `countdown`-th time from now."""
        reached, _, _, fired = self._read(point)
        self._write(point, reached, action, countdown, fired)

    def disarm(self) -> None:
        for point in POINTS:
            self.arm(point, Action.NOTHING, 0)

    def reached(self, point: Point) -> int:
        return self._read(point)[0]

    def fired(self, point: Point) -> int:
        """How often something was done there."""
        return self._read(point)[3]

    def pass_by(self, point: Point) -> None:
        """The child's side, its hook: count, and act when it is time."""
        reached, action, countdown, fired = self._read(point)
        acts = action != Action.NOTHING and countdown <= 1
        if acts:
            self._write(point, reached + 1, Action.NOTHING, 0, fired + 1)
            os.kill(os.getpid(), signal.SIGKILL if action == Action.KILL else signal.SIGSTOP)
        else:
            self._write(point, reached + 1, action, max(0, countdown - 1), fired)

    def _read(self, point: Point) -> tuple[int, int, int, int]:
        reached, action, countdown, fired = _SLOT.unpack_from(self._memory, self._offsets[point])
        return reached, action, countdown, fired

    def _write(self, point: Point, *values: int) -> None:
        _SLOT.pack_into(self._memory, self._offsets[point], *values)
