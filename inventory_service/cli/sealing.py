"""`reseal`: what is sealed gets the newest key."""

import sys

import typer

from inventory_service.cli.options import CARE, AsJson, DataDir
from inventory_service.cli.output import print_json
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async, tell_error

app = typer.Typer()


@app.command(rich_help_panel=CARE)
def reseal(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Seal everything with the newest of INVENTORY_SEALING_KEYS; then the older ones can go.

    Beside the running service, which has to know the new key by then. It may be stopped at any moment, and repeated.
    Exit 1 when a row still needs another key, with what leads out.
    """
    from inventory_service.bootstrap import resealing

    settings = load_settings(data_dir=data_dir)
    resealed = run_async(resealing.reseal(settings, _show), as_json)
    troubles = resealing.troubles(settings, resealed)
    if as_json:
        needed = {str(key): rows for key, rows in resealed.needed.items()}
        print_json({"resealed": dict(resealed.done), "altered": list(resealed.altered), "needed": needed})
    else:
        typer.echo("sealed anew: " + ", ".join(f"{count} {_spelled(kind)}" for kind, count in resealed.done.items()))
        for trouble in troubles:
            tell_error(trouble)
    sys.exit(EXIT_FAILED if troubles else 0)


def _show(kind: str, done: int, total: int) -> None:
    typer.echo(f"{_spelled(kind)}: {done} of {total}", err=True)


def _spelled(kind: str) -> str:
    return kind.replace("_", " ")
