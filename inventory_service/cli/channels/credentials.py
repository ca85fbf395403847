"""`channels credentials`: what opens a shop. A secret is read from a prompt, a file or the environment, never from the
command line, where every user of the machine sees it.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.channels.shops import ShopName
from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import builtins, minute, print_json, print_table
from inventory_service.cli.work import load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.usecases.shops.manage_credentials import Shown

PROMPT = "prompt"
SOURCES = "prompt, file:PATH or env:VARIABLE"
COLUMNS = ("version", "state", "app_key", "set", "by", "valid_until", "expires", "sealed_with")

app = typer.Typer(help="What opens the shops; secrets are never shown.", no_args_is_help=True)

Source = Annotated[str | None, typer.Option(metavar="SOURCE", help=f"Where to read it: {SOURCES}.")]
End = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"], help="UTC where not said.")]


@app.command("set")
def credentials_set(  # each is a part of it
    shop: ShopName,
    app_key: Annotated[str, typer.Option(metavar="KEY", help="What names the application; it is no secret.")],
    secret_from: Annotated[str, typer.Option(metavar="SOURCE", help=f"The app secret: {SOURCES}.")] = PROMPT,
    access_token_from: Source = None,
    refresh_token_from: Source = None,
    expires: End = None,
    renewable_until: End = None,
    overlap_minutes: Annotated[
        int, typer.Option(min=0, max=43_200, metavar="MINUTES", help="The one before stays valid so long.")
    ] = 60,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set a new credential. The service uses it within 2 s, without a restart."""
    from inventory_service.bootstrap import shops_by_hand

    settings = load_settings(data_dir=data_dir)
    fields = {
        "app_key": app_key,
        "app_secret": _secret("app secret", secret_from),
        "access_token": _secret("access token", access_token_from) if access_token_from else None,
        "refresh_token": _secret("refresh token", refresh_token_from) if refresh_token_from else None,
        "expires_at": _end(expires),
        "renewable_until": _end(renewable_until),
        "overlap_seconds": overlap_minutes * 60,
    }
    shown = run_async(shops_by_hand.set_credential(settings, shop, fields), as_json)
    if as_json:
        print_json(_as_object(shown))
    else:
        typer.echo(f"version {shown.version.version} of {shop} is {shown.state}")


@app.command("list")
def credentials_list(shop: ShopName, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every version there ever was, newest first."""
    from inventory_service.bootstrap import shops_by_hand

    found = run_async(shops_by_hand.list_credentials(load_settings(data_dir=data_dir), shop), as_json)
    if as_json:
        print_json([_as_object(shown) for shown in found])
    else:
        print_table(COLUMNS, [_row(shown) for shown in found])


@app.command("retire")
def credentials_retire(
    shop: ShopName,
    version: Annotated[int, typer.Argument(min=1, help="As `channels credentials list` shows it.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End a version now and forget its secrets. What it had replaced, if that is still valid, counts again."""
    from inventory_service.bootstrap import shops_by_hand

    run_async(shops_by_hand.retire_credential(load_settings(data_dir=data_dir), shop, version), as_json)
    if as_json:
        print_json({"shop": shop, "version": version, "state": "retired"})
    else:
        typer.echo(f"retired version {version} of {shop}")


@app.command("history")
def credentials_history(shop: ShopName, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Who changed what of a shop and its credentials, newest first."""
    from inventory_service.bootstrap import shops_by_hand

    changes = run_async(shops_by_hand.history(load_settings(data_dir=data_dir), shop), as_json)
    if as_json:
        print_json(changes)
        return
    rows = [(minute(each.at_ms), each.by, each.action, each.version or "", _told(each.detail)) for each in changes]
    print_table(("time", "by", "action", "version", "what"), rows)


def _secret(name: str, source: str) -> str:
    kind, _, place = source.partition(":")
    if source == PROMPT:
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"there is no terminal to ask for the {name}: use file:PATH or env:VARIABLE")
        return str(typer.prompt(name, hide_input=True))
    if kind == "file" and place:
        return _checked(name, _contents(Path(place)))
    if kind == "env" and place in os.environ:
        return _checked(name, os.environ[place])
    # Whoever put the secret itself here must not find it in a log: the source is not repeated.
    raise typer.BadParameter(f"the source of the {name} should be {SOURCES}, and be there")


def _contents(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file} cannot be read: it is not UTF-8") from None


def _checked(name: str, secret: str) -> str:
    if not secret:
        raise typer.BadParameter(f"the {name} is empty")
    return secret


def _end(end: datetime | None) -> datetime | None:
    return None if end is None else end if end.tzinfo else end.replace(tzinfo=UTC)


def _as_object(shown: "Shown") -> dict[str, object]:
    version: dict[str, object] = builtins(shown.version)
    return {"state": shown.state.value, **version}


def _row(shown: "Shown") -> tuple[object, ...]:
    version = shown.version
    ends = (minute(version.valid_until_ms or 0), minute(version.ends_ms or 0))
    named = (version.version, shown.state.value, version.app_key, minute(version.set_ms), version.set_by)
    return (*named, *ends, version.sealed_with or "")


def _told(detail: object) -> str:
    named = {name: value for name, value in dict(builtins(detail)).items() if value not in (None, "", [])}
    return ", ".join(f"{name} {' '.join(value) if isinstance(value, list) else value}" for name, value in named.items())
