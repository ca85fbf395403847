"""The default run's own Redis and Postgres: found on the machine, started under the data folder, stopped cleanly.

binaries    where the server programs are
accounts    whom Postgres runs as when we are root
processes   one server process: its lock, its identity, start, adoption, stop
places      files of the data folder: password, sockets, servers.json
redis       Redis or Valkey with every answer on disk
postgres    Postgres in a cluster of its own
servers     both together
"""

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.errors import DataDirInUse, EmbeddedError, MissingServers, ServerFailed
from inventory_service.embedded.places import Urls
from inventory_service.embedded.servers import EmbeddedServers, in_use, last_known, running

__all__ = [
    "DataDirInUse",
    "EmbeddedError",
    "EmbeddedServers",
    "MissingServers",
    "ServerFailed",
    "Urls",
    "find_binaries",
    "in_use",
    "last_known",
    "running",
]
