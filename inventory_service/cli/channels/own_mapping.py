"""`channels map set`, `unset` and `history`: the mapping that a shop has of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.channels.mapping import checked
from inventory_service.cli.channels.shops import ShopName
from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import minute, print_json, print_table
from inventory_service.cli.work import load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.usecases.shops.manage_mappings import MappingSet
    from inventory_service.usecases.shops.ports import MappingVersion

app = typer.Typer()


@app.command("set")
def map_set(
    shop: ShopName,
    file: Annotated[Path, typer.Argument(help="A mapping in TOML; with `extends` only what differs from ours.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, keep nothing.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Read a shop's orders by FILE from now on, and say what that changes. The service does so within 2 s.

    Exit 2 when the file is wrong, with every problem and its place.
    """
    from inventory_service.bootstrap import shops_by_hand

    content = file.read_bytes()
    checked(content, file.name)
    settings = load_settings(data_dir=data_dir)
    done = run_async(shops_by_hand.set_mapping(settings, shop, content.decode(), dry_run=dry_run), as_json)
    _show(done, "nothing is kept" if dry_run else f"version {done.version} of {shop} counts", as_json=as_json)


@app.command("unset")
def map_unset(shop: ShopName, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read a shop's orders by our mapping of its channel again; that is a version too."""
    from inventory_service.bootstrap import shops_by_hand

    done = run_async(shops_by_hand.unset_mapping(load_settings(data_dir=data_dir), shop), as_json)
    _show(done, f"our mapping counts for {shop}", as_json=as_json)


@app.command("history")
def map_history(shop: ShopName, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Who set which mapping of a shop, and when; newest first."""
    from inventory_service.bootstrap import shops_by_hand

    versions = run_async(shops_by_hand.mapping(load_settings(data_dir=data_dir), shop), as_json).versions
    if as_json:
        print_json(versions)
    else:
        print_table(("version", "mapping", "set", "by", "digest"), [_row(version) for version in versions])


def _show(done: "MappingSet", words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    if done.changes:
        rows = [(each.place, each.before, each.after) for each in done.changes]
        print_table(("place", "before", "after"), rows)
    typer.echo(f"{words}; changes: {len(done.changes) or 'none'}")


def _row(version: "MappingVersion") -> tuple[object, ...]:
    mapping = "its own" if version.toml else "ours"
    return (version.version, mapping, minute(version.set_ms), version.set_by, version.digest)
