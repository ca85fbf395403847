"""What the stock side is once a step was done, or was not."""

from inventory_service.domain.orders.intent import Action, Step, amendment
from inventory_service.domain.orders.stock_side import Hold, StockSide


def done(side: StockSide, step: Step) -> StockSide:
    if step.action is Action.RELEASE:
        # A reopened order begins anew, and its warehouse is told anew; numbers of entries are never used again.
        # One that was told to ship what an edit has replaced is still to be told to stop.
        told = tuple(each for each in side.tellings if not each.keeps and not each.left)
        return StockSide(side.attempt + 1, entries=side.entries, receiver=side.receiver, tellings=told)
    if step.action is Action.CONFIRM:
        return side._replace(hold=Hold.CONFIRMED)
    if step.action is Action.RELEASE_UNITS:
        return side._replace(backed=step.backed)
    attempt = side.attempt + 1 if step.action is Action.AMEND else side.attempt
    return side._replace(
        attempt=attempt, hold=_held(step), backed=step.backed, destination=step.destination, refused=""
    )


def kept(side: StockSide, step: Step) -> StockSide:
    """An amendment found no stock: what was held before is held again, under the next number."""
    return side._replace(attempt=side.attempt + 1, hold=_held(step), refused=amendment(step))


def gone(side: StockSide) -> StockSide:
    """Its reservation is not there any more: released by hand, or ended by its time before it could become smaller."""
    return side._replace(attempt=side.attempt + 1, hold=Hold.NONE, backed=(), destination="", refused="")


def _held(step: Step) -> Hold:
    return Hold.CONFIRMED if step.confirms else Hold.HELD
