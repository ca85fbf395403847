"""Commands that print what the program carries and need no store: `openapi`, `lua show`, `version`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inventory_service.cli.work import EXIT_FAILED

OPENAPI_FILE = Path("openapi.json")  # committed at the top of the repository, where this is run

app = typer.Typer()
lua_app = typer.Typer(help="The kernel's scripts.", no_args_is_help=True)
app.add_typer(lua_app, name="lua")


@app.command()
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Compare with openapi.json; exit 1 if it differs.")] = False,
) -> None:
    """Print the OpenAPI document of the API."""
    from inventory_service.web.openapi import document

    made = document()
    if not check:
        typer.echo(made, nl=False)
    elif not OPENAPI_FILE.is_file() or OPENAPI_FILE.read_bytes() != made:
        typer.echo(f"{OPENAPI_FILE} is out of date: run `inventory-service openapi > openapi.json`", err=True)
        sys.exit(EXIT_FAILED)


@lua_app.command("show")
def lua_show(
    script: Annotated[str, typer.Argument(help="apply, open or flushed")] = "apply",
    numbers: Annotated[bool, typer.Option(help="Number the lines, as Redis names them in its errors.")] = True,
) -> None:
    """Print a script as Redis gets it, every include in place."""
    from inventory_service.engine.script import assemble
    from inventory_service.resources import resource_folder

    known = sorted(path.stem for path in resource_folder("lua").glob("*.lua"))
    if script not in known:
        raise typer.BadParameter(f"there is no script {script!r}, only {', '.join(known)}")
    for number, line in enumerate(assemble(script).text.splitlines(), start=1):
        typer.echo(f"{number:5d}  {line}" if numbers else line)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("inventory-service"))
