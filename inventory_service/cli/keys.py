"""`keys`: who may call."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import minute, print_json, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async, tell_error
from inventory_service.domain.clients import Scope

if TYPE_CHECKING:
    from inventory_service.ledger.keys import ApiKey, WebhookSecret

app = typer.Typer(help="API keys and webhook secrets of clients.", no_args_is_help=True)


@app.command("create")
def keys_create(
    client: Annotated[str, typer.Argument(help="Who gets it; keys rotate, the client stays.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="May be repeated: reserve, stock:read, …", autocompletion=lambda: [*map(str, Scope)]),
    ] = None,
    webhook: Annotated[bool, typer.Option("--webhook", help="A secret that signs outbound scans, not a key.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, or a webhook secret, and print it: this once and never again."""
    from inventory_service.bootstrap import commands

    settings = load_settings(data_dir=data_dir)
    if webhook:
        made = run_async(commands.create_webhook_secret(settings, client), as_json)
        secret, told = made.secret, f"Webhook secret {made.secret_id} of {client}."
    else:
        secret = run_async(commands.create_key(settings, client, scope or []), as_json)
        told = f"Key of {client} for {', '.join(scope or [])}."
    if as_json:
        print_json({"client": client, "secret": secret})
    else:
        typer.echo(secret)
        typer.echo(f"{told} It is not shown again.", err=True)


@app.command("list")
def keys_list(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every key and webhook secret by its id, without the secret itself."""
    from inventory_service.bootstrap import commands

    keys, secrets = run_async(commands.list_keys(load_settings(data_dir=data_dir)), as_json)
    holders = [(f"{commands.KEY_PREFIX}{key.key_id}", " ".join(sorted(key.scopes))) for key in keys]
    holders += [(secret.secret_id, "webhook") for secret in secrets]
    made: list[ApiKey | WebhookSecret] = [*keys, *secrets]
    rows = [
        (shown_id, each.client, scopes, minute(each.created_ms), minute(each.revoked_ms))
        for (shown_id, scopes), each in zip(holders, made, strict=True)
    ]
    print_table(("id", "client", "scopes", "created", "revoked"), rows, as_json)
    if not rows and not as_json:
        typer.echo("No key yet: `inventory-service keys create CLIENT --scope reserve` makes one.", err=True)


@app.command("revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End a key or a webhook secret; every process knows within 2 s."""
    from inventory_service.bootstrap import commands

    revoked = run_async(commands.revoke_key(load_settings(data_dir=data_dir), key_id), as_json)
    if as_json:
        print_json({"id": key_id, "revoked": revoked})
    elif revoked:
        typer.echo(f"revoked {key_id}")
    else:
        tell_error(f"there is no key or webhook secret {key_id} that works")
    sys.exit(0 if revoked else EXIT_FAILED)
