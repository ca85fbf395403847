"""`keys`: who may call."""

import sys
from typing import Annotated

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import minute, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

app = typer.Typer(help="API keys and webhook secrets of clients.", no_args_is_help=True)


@app.command("create")
def keys_create(
    client: Annotated[str, typer.Argument(help="Who gets it; keys rotate, the client stays.")],
    scope: Annotated[list[str] | None, typer.Option(help="May be repeated: reserve, stock:read, …")] = None,
    webhook: Annotated[bool, typer.Option("--webhook", help="A secret that signs outbound scans, not a key.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a key, or a webhook secret, and print it: this once and never again."""
    from inventory_service.bootstrap import commands

    settings = load_settings(data_dir=data_dir)
    if webhook:
        made = run_async(commands.create_webhook_secret(settings, client))
        typer.echo(made.secret)
        typer.echo(f"Webhook secret {made.secret_id} of {client}. It is not shown again.", err=True)
    else:
        typer.echo(run_async(commands.create_key(settings, client, scope or [])))
        typer.echo(f"Key of {client} for {', '.join(scope or [])}. It is not shown again.", err=True)


@app.command("list")
def keys_list(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every key and webhook secret by its id, without the secret itself."""
    from inventory_service.bootstrap import commands

    keys, secrets = run_async(commands.list_keys(load_settings(data_dir=data_dir)))
    prefix = commands.KEY_PREFIX
    rows = [
        (
            f"{prefix}{key.key_id}",
            key.client,
            " ".join(sorted(key.scopes)),
            minute(key.created_ms),
            minute(key.revoked_ms),
        )
        for key in keys
    ] + [(each.secret_id, each.client, "webhook", minute(each.created_ms), minute(each.revoked_ms)) for each in secrets]
    print_table(("id", "client", "scopes", "created", "revoked"), rows, as_json)


@app.command("revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")], data_dir: DataDir = None
) -> None:
    """End a key or a webhook secret; every process knows within 2 s."""
    from inventory_service.bootstrap import commands

    if not run_async(commands.revoke_key(load_settings(data_dir=data_dir), key_id)):
        typer.echo(f"error: there is no key or webhook secret {key_id} that works", err=True)
        sys.exit(EXIT_FAILED)
    typer.echo(f"revoked {key_id}")
