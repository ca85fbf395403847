"""Serve one peer on loopback until SIGTERM; `ready` on standard output once it answers."""

from enum import StrEnum
from typing import Annotated

import typer
import uvloop

from loadtests.peers.conditional_update import ConditionalUpdate
from loadtests.peers.echo import Echo
from loadtests.peers.redis_decr import RedisDecr
from loadtests.peers.row_lock import RowLock
from loadtests.peers.row_per_unit import RowPerUnit
from loadtests.peers.surface import Peer, serve


class Name(StrEnum):
    ECHO = "echo"
    ROW_LOCK = "row-lock"
    CONDITIONAL_UPDATE = "conditional-update"
    ROW_PER_UNIT = "row-per-unit"
    REDIS_DECR = "redis-decr"


def peer(name: Name, database_url: str, redis_url: str) -> Peer:
    match name:
        case Name.ECHO:
            return Echo()
        case Name.ROW_LOCK:
            return RowLock(database_url)
        case Name.CONDITIONAL_UPDATE:
            return ConditionalUpdate(database_url)
        case Name.ROW_PER_UNIT:
            return RowPerUnit(database_url)
        case Name.REDIS_DECR:
            return RedisDecr(database_url, redis_url)


def main(
    name: Name,
    port: Annotated[int, typer.Option()],
    database_url: Annotated[str, typer.Option(help="Not needed by echo.")] = "",
    redis_url: Annotated[str, typer.Option(help="Needed by redis-decr alone.")] = "",
) -> None:
    """One of the peers, one process."""
    uvloop.run(serve(peer(name, database_url, redis_url), port))


if __name__ == "__main__":
    typer.run(main)
