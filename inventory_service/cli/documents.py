"""Commands that print what the program carries and need no store: `openapi`, `lua show`, `version`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inventory_service.cli.options import SET_UP, AsJson
from inventory_service.cli.output import print_json
from inventory_service.cli.work import EXIT_FAILED, tell_error

OPENAPI_FILE = Path("openapi.json")  # committed at the top of the repository, where this is run

app = typer.Typer()
lua_app = typer.Typer(help="The kernel's scripts.", no_args_is_help=True)


@app.command(rich_help_panel=SET_UP)
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Compare with openapi.json; exit 1 if it differs.")] = False,
) -> None:
    """Print the OpenAPI document of the API."""
    from inventory_service.web.openapi import document

    made = document()
    if not check:
        typer.echo(made, nl=False)
    elif not OPENAPI_FILE.is_file() or OPENAPI_FILE.read_bytes() != made:
        tell_error(f"{OPENAPI_FILE} is out of date: run `inventory-service openapi > openapi.json`")
        sys.exit(EXIT_FAILED)


def _scripts() -> list[str]:
    from inventory_service.resources import resource_folder

    return sorted(path.stem for path in resource_folder("lua").glob("*.lua"))


@lua_app.command("show")
def lua_show(
    script: Annotated[str, typer.Argument(help="apply, open or flushed.", autocompletion=_scripts)] = "apply",
    numbers: Annotated[bool, typer.Option(help="Number the lines, as Redis names them in its errors.")] = True,
    as_json: AsJson = False,
) -> None:
    """Print a script as Redis gets it, every include in place; with --json also its hash, as EVALSHA takes it."""
    from inventory_service.engine.script import assemble

    known = _scripts()
    if script not in known:
        raise typer.BadParameter(f"there is no script {script!r}, only {', '.join(known)}")
    assembled = assemble(script)
    if as_json:
        print_json({"script": script, "sha": assembled.sha, "text": assembled.text})
        return
    for number, line in enumerate(assembled.text.splitlines(), start=1):
        typer.echo(f"{number:5d}  {line}" if numbers else line)


@app.command(rich_help_panel=SET_UP)
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    text = installed("inventory-service")
    if as_json:
        print_json({"version": text})
    else:
        typer.echo(text)
