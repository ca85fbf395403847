"""Which orders the polls of a shop have taken in already: each poll reads the last ten minutes again."""

from collections.abc import Sequence

from inventory_service.usecases.sync.adapter import Arrived, Missed


class Taken:
    """By heart, so a new process reads the overlap once. Implements `adapter.IsTaken`.

    Platforms count by whole seconds: a version read in the second in which it came may not be its last one. So only
    what had rested before the poll began is remembered. A failure is too: it is tried again from the list of them.
    """

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}

    def __call__(self, channel_order_id: str, modified_ms: int) -> bool:
        return self._versions.get(channel_order_id) == modified_ms

    def note(self, rows: Sequence[Arrived | Missed], rested_ms: int) -> None:
        """They are kept, as they were at `rested_ms` or later."""
        for row in rows:
            if isinstance(row, Arrived) and row.modified_ms <= rested_ms:
                self._versions[row.channel_order_id] = row.modified_ms

    def forget(self, before_ms: int) -> None:
        """No window begins there any more."""
        self._versions = {key: at_ms for key, at_ms in self._versions.items() if at_ms >= before_ms}
