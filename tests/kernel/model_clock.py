"""The kernel's clock in plain Python: what it makes of the time that the server shows and the one that was stored."""

from typing import NamedTuple

JUMP_MS = 60_000  # somebody stores the clock every second; what nobody saw pass for a minute did not pass


class Seen(NamedTuple):
    """`status` of the batch, and the kernel's clock in it."""

    status: str
    now_ms: int


def see(stored_ms: int, server_ms: int) -> Seen:
    """Never back behind what was stored (0: nothing was), and no further ahead of it than it may have gone unseen."""
    jumped = stored_ms > 0 and server_ms - stored_ms > JUMP_MS
    return Seen("gate_closed" if jumped else "ok", max(stored_ms, server_ms))
