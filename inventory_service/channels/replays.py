"""Message ids that have been taken in."""

from collections.abc import Iterable

IDS_MAX = 100_000  # 12 MB; 300 a second within the five minutes in which a signed message is fresh


class Replays:
    """The latest ids of one shop.

    Not shared between processes: what slips through is a hint, and an order is fetched once more.
    """

    def __init__(self, ids_max: int = IDS_MAX) -> None:
        self._ids_max = ids_max
        self._ids: dict[str, None] = {}

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._ids

    def remember(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            self._ids[message_id] = None
        while len(self._ids) > self._ids_max:
            del self._ids[next(iter(self._ids))]
