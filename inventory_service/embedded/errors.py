"""EmbeddedError
├── MissingServers   no usable program on this machine
├── DataDirInUse     another service runs on the same data folder
└── ServerFailed     a server did not start, or cannot be ended

Each text is meant for the person at the terminal and fits one screen.
"""


class EmbeddedError(Exception):
    """The local servers cannot be used."""


class MissingServers(EmbeddedError):
    """No usable Redis or Postgres program on this machine; says what was looked at and the ways out."""


class DataDirInUse(EmbeddedError):
    """Another service, or a command that started the servers for its own time, has the data folder."""


class ServerFailed(EmbeddedError):
    """A server did not come up or does not go away; carries the end of its log."""
