"""Options that several commands share."""

from typing import Annotated

import typer

# The parts of the list of commands.
RUN = "Run it"
BY_HAND = "Do by hand"
LOOK = "Look"
CARE = "Keep it well"
SET_UP = "Set up"

LOG_LEVELS = ("debug", "info", "warning", "error")

# Text throughout: one place, `settings.load`, judges all values and names every wrong one at once.
Host = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Listen here [127.0.0.1].", show_default=False)]
Port = Annotated[str | None, typer.Option(metavar="PORT", help="Listen there; 0: any free one [8080].")]
Workers = Annotated[str | None, typer.Option(metavar="NUMBER", help="API processes [2, or 1 on a single core].")]
DataDir = Annotated[
    str | None, typer.Option(metavar="FOLDER", help="Where the embedded servers keep their data [./data].")
]
RetentionDays = Annotated[str | None, typer.Option(metavar="DAYS", help="How long applied ids are remembered [7].")]
BacklogLimit = Annotated[
    str | None, typer.Option(metavar="EVENTS", help="New holds stop when Postgres is so far behind [2000000].")
]
DrainDelay = Annotated[
    str | None,
    typer.Option(metavar="SECONDS", help="After SIGTERM, /readyz says no for so long before the door closes [0]."),
]
LogLevel = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help="debug, info, warning or error \\[info].", autocompletion=lambda: LOG_LEVELS),
]
SupervisorFd = Annotated[int | None, typer.Option(hidden=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
