"""What a connection may take, and a server that ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds."""

    connections_max: int = 8192  # of one process, as far as its open files allow
    head_seconds: float = 5.0  # for a request line and its headers, from their first byte
    keepalive_seconds: float = 30.0
    send_seconds: float = 30.0  # for a caller to read an answer, which keeps its memory until then
    # After a refusal the rest of a body is read and thrown away for so long, so that the caller gets to read why.
    lingering_seconds: float = 2.0
    # While draining, connections that are idle stay open for so long: a request already on its way is answered,
    # with `Connection: close`.
    idle_grace_seconds: float = 1.0
    drain_seconds: float = 15.0  # for what is in flight; a list call may take that long


DEFAULT_LIMITS = Limits()
