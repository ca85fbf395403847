"""Kill the flash sale pattern and the service alike, with Postgres there and away, and count what is gone.

Only their own processes are killed. Redis and Postgres live on, and all is started again before anything is counted.
"""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from inventory_service.loadtest.target import machine
from inventory_service.telemetry import configure_logs
from loadtests.peers.loss.crowd import Crowd
from loadtests.peers.loss.stores import open_stores
from loadtests.peers.loss.victims import FlashSalePattern, Ours, Victim

SKUS = [f"sku-{number}" for number in range(20)]


class Loss(msgspec.Struct, frozen=True):
    """Over all kills. `lost`: acknowledged orders that Postgres lacks. `ownerless_units`: Redis has sold them, and
    Postgres has no order with them.
    """

    service: str
    postgres: str
    kills: int
    acknowledged: int
    unanswered: int
    lost: int
    ownerless_units: int


async def measure(kind: type[Victim], kills: int, orders: int, *, away: bool) -> Loss:
    """Each kill comes once so many more orders are acknowledged. `away`: before them, Postgres is stopped."""
    async with open_stores() as stores:
        victim = kind(stores)
        crowd = Crowd(victim.url, victim.headers, SKUS)
        try:
            await victim.start()
            await victim.receive(SKUS)
            for _ in range(kills):
                if away:
                    await stores.postgres.stop()
                await crowd.press(orders, victim.kill)
                await stores.postgres.start()
                await victim.start()
            owned = await victim.owned()
            return Loss(
                service=victim.name,
                postgres="away" if away else "there",
                kills=kills,
                acknowledged=len(crowd.told.acknowledged),
                unanswered=len(crowd.told.unanswered),
                lost=len(crowd.told.acknowledged - owned),
                ownerless_units=await victim.taken(SKUS) - len(owned),
            )
        finally:
            await victim.kill()


async def measure_all(kills: int, orders: int) -> list[Loss]:
    return [
        await measure(kind, kills, orders, away=away) for away in (False, True) for kind in (FlashSalePattern, Ours)
    ]


def table(losses: list[Loss]) -> Table:
    shown = Table(title=machine())
    words = ("killed", "Postgres")
    for heading in (*words, "times", "acknowledged", "lost of them", "units sold to nobody"):
        shown.add_column(heading, justify="left" if heading in words else "right")
    for each in losses:
        figures = (each.kills, each.acknowledged, each.lost, each.ownerless_units)
        shown.add_row(each.service, each.postgres, *(f"{figure:,}" for figure in figures))
    return shown


def main(
    kills: Annotated[int, typer.Option(min=1, help="Of each, with Postgres there and with Postgres away.")] = 5,
    orders: Annotated[int, typer.Option(min=1, help="Acknowledged before each kill.")] = 1000,
    json: Annotated[Path | None, typer.Option(help="Write the figures there.")] = None,
) -> None:
    """Ends with 1 when the service lost anything."""
    configure_logs("error")
    losses = uvloop.run(measure_all(kills, orders))
    Console(width=120).print(table(losses))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode({"machine": machine(), "losses": losses})))
    if any(each.lost or each.ownerless_units for each in losses if each.service == Ours.name):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
