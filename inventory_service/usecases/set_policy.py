"""How much of a SKU is never promised, on which terms a channel sells it, and when to warn."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from inventory_service.domain import commands, ids
from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.outcomes import Code
from inventory_service.domain.stock import UNSET, Stock, Threshold, contradiction, merged
from inventory_service.usecases.ports import StockEngine, Warehouses
from inventory_service.usecases.read_stock import StockView, StockViews
from inventory_service.usecases.refusals import unknown_sku

_CONTRADICTIONS = {
    "limit_below": "A limit needs `limit_quantity`: how many units one order may have.",
    "pause_below": "A pause that begins no later than the limit leaves nothing for it: it must be below `limit_below`.",
}
_PER_WAREHOUSE = ("safety_stock", "warn_below")  # so the body calls those over all of them by another name
_TOO_MANY = "A SKU has thresholds for too many channels: take those back that are not used."


@dataclass(frozen=True, slots=True)
class PolicyWish:
    """What is to change: None, and UNSET within a threshold, leave a value alone.

    `preorder_limit` UNSET: never sold ahead. It and the thresholds are the SKU's, so they do not go with a `warehouse`.
    """

    warehouse: str = ""
    safety_stock: int | None = None
    warn_below: int | None = None
    preorder_limit: int | None = None
    thresholds: Sequence[Threshold] = ()


class SetPolicy:
    def __init__(self, engine: StockEngine, warehouses: Warehouses, views: StockViews) -> None:
        self._engine = engine
        self._warehouses = warehouses
        self._views = views

    async def __call__(self, client: str, sku: str, wish: PolicyWish) -> StockView:
        """Set the policy of one warehouse, or of the SKU: each warehouse's default, and what counts over all of them.

        Raises Refused (`unknown_sku`, `unknown_warehouse`, `validation_failed`), NotReady, Overloaded, OutcomeUnknown.
        """
        _refuse_mixture(wish)
        known = self._warehouses.all()  # first, since the answer needs it: behind the command it would be too late
        if wish.warehouse and wish.warehouse not in known and await self._warehouses.lookup(wish.warehouse) is None:
            raise Refused("unknown_warehouse", f"There is no warehouse {wish.warehouse}.", "/warehouse")
        outcome = await self._engine.stock(_command(client, sku, wish))
        if outcome.stock is None:
            raise unknown_sku(sku)
        if outcome.code != Code.APPLIED:
            raise _refusal(outcome.code, outcome.stock, wish)
        with suppress(NotReady):  # what is done is done: a view that knows less must not make it an error
            await self._views.learn(outcome.stock.levels)
        return replace(self._views.of_stock(sku, outcome.stock), durability=outcome.durability)


def _command(client: str, sku: str, wish: PolicyWish) -> commands.SetPolicy:
    return commands.SetPolicy(
        sku=sku,
        warehouse=wish.warehouse,
        safety_stock=UNSET if wish.safety_stock is None else wish.safety_stock,
        warn_below=UNSET if wish.warn_below is None else wish.warn_below,
        client=client,
        op_id=ids.operation_id(),
        preorder_limit=[] if wish.preorder_limit is None else [wish.preorder_limit],
        thresholds=list(wish.thresholds),
    )


def _refuse_mixture(wish: PolicyWish) -> None:
    if not wish.warehouse:
        return
    detail = "This counts over all warehouses: set it without `warehouse`."
    if wish.preorder_limit is not None:
        raise Refused("validation_failed", detail, "/preorder_limit")
    for threshold in wish.thresholds:
        given = [name for name, value in zip(Threshold._fields[1:], threshold[1:], strict=True) if value != UNSET]
        raise Refused("validation_failed", detail, pointer(threshold.channel, given[0] if given else ""))


def _refusal(code: str, stock: Stock, wish: PolicyWish) -> Refused:
    """The kernel judged what is given together with what was there, and so do we to find the place."""
    for threshold in merged(stock.thresholds, wish.thresholds):
        wrong = contradiction(threshold)
        given = next((each for each in wish.thresholds if each.channel == threshold.channel), None)
        if wrong and given is not None:
            # What is wrong may be what was there; what is at fault is what is given now.
            named = wrong if getattr(given, wrong) != UNSET else "limit_below"
            return Refused("validation_failed", _CONTRADICTIONS[wrong], pointer(threshold.channel, named))
    return Refused("validation_failed", _TOO_MANY if code == Code.TOO_MANY_CHANNELS else code, "/channels")


def pointer(channel: str, name: str) -> str:
    """Where a threshold's field stands in the body of the call."""
    if not channel:
        return f"/total_{name}" if name in _PER_WAREHOUSE else f"/{name}"
    escaped = channel.replace("~", "~0").replace("/", "~1")
    return f"/channels/{escaped}/{name}".rstrip("/")
