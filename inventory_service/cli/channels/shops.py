"""`channels shops`: which shops there are, and how they are described."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.channels.mapping import channel_names
from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import print_json, print_pairs, print_table
from inventory_service.cli.work import load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.domain.shops.shop import Shop

app = typer.Typer(help="Shops that orders come from.", no_args_is_help=True)

ShopName = Annotated[str, typer.Argument(metavar="SHOP", help="Its name, unique over all channels.")]
HoldSeconds = Annotated[
    int | None,
    typer.Option(min=1, max=86_400, metavar="SECONDS", help="An unpaid order keeps its stock so long [900]."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Such as calls_per_second=2.5 or options.sign_method=md5."),
]


@app.command("list")
def shops_list(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every shop, by name."""
    from inventory_service.bootstrap import shops_by_hand

    shops = run_async(shops_by_hand.list_shops(load_settings(data_dir=data_dir)), as_json)
    if as_json:
        print_json(shops)
        return
    rows = [(each.shop, each.channel, each.title, each.responsible, _state(each), each.base_url) for each in shops]
    print_table(("shop", "channel", "title", "responsible", "state", "address"), rows)
    if not rows:
        typer.echo("No shop yet: `inventory-service channels shops add SHOP --channel taobao …` adds one.", err=True)


@app.command("add")
def shops_add(  # each is a part of it
    shop: ShopName,
    channel: Annotated[
        str, typer.Option(metavar="NAME", help="Never changes.", autocompletion=channel_names, show_default=False)
    ],
    title: Annotated[str, typer.Option(metavar="TEXT", help="What people call it.")],
    responsible: Annotated[str, typer.Option(metavar="PERSON", help="Who is called when it fails.")],
    address: Annotated[str, typer.Option(metavar="URL", help="Where it is called: https, but on this machine.")],
    hold_seconds: HoldSeconds = None,
    settings: Set = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Nobody calls it yet.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register a shop; its credential comes next, with `channels credentials set`."""
    from inventory_service.bootstrap import shops_by_hand

    described = {"channel": channel, "title": title, "responsible": responsible, "base_url": address}
    fields = _given({**described, "hold_seconds": hold_seconds, "enabled": not disabled})
    work = shops_by_hand.add(load_settings(data_dir=data_dir), shop, fields, _settings(settings))
    _show(run_async(work, as_json), as_json)


@app.command("change")
def shops_change(  # each is a part of it
    shop: ShopName,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What people call it.")] = None,
    responsible: Annotated[str | None, typer.Option(metavar="PERSON", help="Who is called when it fails.")] = None,
    address: Annotated[str | None, typer.Option(metavar="URL", help="Where it is called.")] = None,
    hold_seconds: HoldSeconds = None,
    settings: Set = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it is called.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; the rest stays. `--set NAME=` takes a setting away."""
    from inventory_service.bootstrap import shops_by_hand

    described = {"title": title, "responsible": responsible, "base_url": address}
    fields = _given({**described, "hold_seconds": hold_seconds, "enabled": enabled})
    work = shops_by_hand.change(load_settings(data_dir=data_dir), shop, fields, _settings(settings))
    _show(run_async(work, as_json), as_json)


def _given(parts: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in parts.items() if value is not None}


def _settings(assignments: Sequence[str] | None) -> dict[str, object]:
    """By name, an option of the channel as `options.<name>`; None: to be taken away."""
    return dict(_setting(assignment) for assignment in assignments or ())


def _setting(assignment: str) -> tuple[str, object]:
    name, equals, text = assignment.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"--set: {assignment!r} should be NAME=VALUE, such as calls_per_second=2.5")
    if not text:
        return name, None
    if name.startswith("options."):
        return name, text
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def _state(shop: "Shop") -> str:
    return "off" if not shop.enabled else shop.paused_reason or "ok"


def _show(shop: "Shop", as_json: bool) -> None:
    if as_json:
        print_json(shop)
        return
    settings = json.dumps(shop.settings, ensure_ascii=False)
    names = [("shop", shop.shop), ("channel", shop.channel), ("title", shop.title), ("responsible", shop.responsible)]
    more = [("address", shop.base_url), ("hold seconds", shop.hold_seconds), ("settings", settings)]
    print_pairs([*names, *more, ("state", _state(shop))])
