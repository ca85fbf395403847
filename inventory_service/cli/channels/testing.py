"""`channels test`: does a shop answer?"""

import sys
from typing import TYPE_CHECKING

import typer

from inventory_service.cli.channels.shops import ShopName
from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import print_json, print_pairs
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.usecases.shops.probe_shop import ShopProbed

app = typer.Typer()


@app.command("test")
def shop_test(shop: ShopName, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make a real signed call to the platform; exit 0 when it is answered well, else 1 with what was refused.

    A shop that was stopped as `credential_invalid` goes on after a call that went well.
    """
    from inventory_service.bootstrap import shops_by_hand

    probed = run_async(shops_by_hand.probe(load_settings(data_dir=data_dir), shop), as_json)
    told = [(name, value) for name, value in _facts(probed) if value or as_json]
    if as_json:
        print_json(dict(told))
    else:
        print_pairs(told)
    sys.exit(0 if probed.result.outcome == "ok" else EXIT_FAILED)


def _facts(probed: "ShopProbed") -> list[tuple[str, object]]:
    result = probed.result
    named: list[tuple[str, object]] = [("shop", probed.shop.shop), ("channel", probed.shop.channel)]
    said: list[tuple[str, object]] = [("which", result.which), ("code", result.code), ("detail", result.detail)]
    signed: list[tuple[str, object]] = [("app_key", probed.app_key), ("version", probed.version)]
    return [*named, ("outcome", result.outcome.value), *said, *signed, ("took_ms", probed.took_ms)]
