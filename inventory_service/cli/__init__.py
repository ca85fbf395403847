"""The command line: `inventory-service COMMAND`. Each command imports what it needs, so that --help is quick.

program    the whole of it, and `main`
options    options that several commands share
work       settings, event loop, and how an error ends a command
output     columns for people, JSON for programs
the rest   a typer app each, added in `program`: unnamed ones bring commands of their own, named ones are a group
"""

from inventory_service.cli.program import main

__all__ = ["main"]
