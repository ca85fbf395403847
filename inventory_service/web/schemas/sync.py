"""How shops are kept in step: messages of platforms, backfills, checks, where each shop stands, and its articles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from inventory_service.usecases.sync.ports import PARTS_MAX, Item, Run, RunOrder, Took
from inventory_service.usecases.sync.read_sync import ShopStanding
from inventory_service.usecases.sync.runs import Report
from inventory_service.web.schemas.fields import Moment, moment, moment_or_none
from inventory_service.web.schemas.orders import PartBody

ITEMS_MAX = 1000

Message = Annotated[Any, Meta(description="As the platform signed it, byte by byte.")]
Told = Annotated[Any, Meta(description="What the platform wants to hear.")]
Placed = Annotated[datetime, Meta(tz=True, description="When orders were placed; RFC 3339 with an offset.")]
PlatformId = Annotated[
    str, Meta(pattern=r"\A[!-~]{1,64}\Z", description="The platform's own, 1 to 64 visible characters.")
]
VariantId = Annotated[str, Meta(pattern=r"\A[!-~]{0,64}\Z", description="Empty: the article has no variants.")]


class RangeBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """At most 366 days; what lies in the future is left out."""

    from_: Placed = field(name="from")
    to: Placed


class RunView(Struct, frozen=True, kw_only=True):
    """`progress`: 0 to 1. `reason`: why the last attempt was in vain; it goes on by itself."""

    shop: str
    from_: Moment = field(name="from")
    to: Moment
    state: Literal["open", "done"]
    progress: float
    attempts: int
    reason: str | None
    requested_by: str
    requested_at: Moment
    ended_at: Moment | None


class BackfilledView(Struct, frozen=True, kw_only=True):
    channel_order_id: str
    outcome: str
    reason: str | None


class CustomerView(Struct, frozen=True, kw_only=True):
    """`customer`: the same for the same buyer, and nobody can tell who it is."""

    customer: str
    channel_order_ids: list[str]


class BackfillView(RunView, frozen=True, kw_only=True):
    """`orders`: the first 1,000 that were not unchanged. `customers`: of those that are new or changed."""

    backfill_id: str
    new: int
    changed: int
    unchanged: int
    failed: int
    orders: list[BackfilledView]
    customers: list[CustomerView]


class CountedView(Struct, frozen=True, kw_only=True):
    """`paid_minor`: in minor units, whatever the currency."""

    orders: int
    paid_minor: int


class DifferenceView(Struct, frozen=True, kw_only=True):
    """`difference`: missing_here, missing_there, payment, fulfilment, amount, or unread: it could not be compared."""

    channel_order_id: str
    difference: str
    theirs: dict[str, Any] | None
    ours: dict[str, Any] | None


class CheckView(RunView, frozen=True, kw_only=True):
    """`orders`: the first 1,000 that differ, `differences`: how many by kind."""

    check_id: str
    theirs: CountedView
    ours: CountedView
    differences: dict[str, int]
    orders: list[DifferenceView]


class RepairedView(Struct, frozen=True, kw_only=True):
    """So many orders are fetched again."""

    check_id: str
    orders: int


class StandingView(Struct, frozen=True, kw_only=True):
    """Where the hub stands with a shop. `failures` in a row, the last for this `reason`; `hints` wait to be fetched.

    `reached_at`: everything modified before is here. Null: the hub has not begun with it.
    """

    shop: str
    channel: str
    responsible: str
    enabled: bool
    paused_reason: str | None
    reached_at: Moment | None
    succeeded_at: Moment | None
    failures: int
    reason: str | None
    hints: int
    backfill: RunView | None
    check: RunView | None


class StandingsView(Struct, frozen=True, kw_only=True):
    shops: list[StandingView]


class ItemBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """An article of the platform, and what is in it. No parts: its stock is written no more."""

    product_id: PlatformId
    sku_id: VariantId = ""
    parts: Annotated[list[PartBody], Meta(max_length=PARTS_MAX)]


class ItemsBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    items: Annotated[list[ItemBody], Meta(min_length=1, max_length=ITEMS_MAX)]


class ItemView(Struct, frozen=True, kw_only=True):
    """`written`: what the platform was told last, null: nothing yet, or nobody knows. `reason`: why it refused it."""

    product_id: str
    sku_id: str
    parts: list[PartBody]
    written: int | None
    reason: str | None


class ItemsView(Struct, frozen=True, kw_only=True):
    items: list[ItemView]


def run_view(run: Run) -> RunView:
    return RunView(**_run(run))


def backfill_view(report: Report) -> BackfillView:
    return BackfillView(
        backfill_id=report.run.run_id,
        new=report.counts.get(Took.NEW, 0),
        changed=report.counts.get(Took.CHANGED, 0),
        unchanged=report.counts.get(Took.UNCHANGED, 0),
        failed=report.counts.get(Took.FAILED, 0),
        orders=[_backfilled(order) for order in report.listed],
        customers=[
            CustomerView(customer=customer, channel_order_ids=list(orders))
            for customer, orders in report.customers.items()
        ],
        **_run(report.run),
    )


def check_view(report: Report) -> CheckView:
    counted = report.run.counted

    def side(whose: str) -> CountedView:
        return CountedView(orders=counted.get(f"{whose}_orders", 0), paid_minor=counted.get(f"{whose}_minor", 0))

    return CheckView(
        check_id=report.run.run_id,
        theirs=side("theirs"),
        ours=side("ours"),
        differences=dict(report.counts),
        orders=[_difference(order) for order in report.listed],
        **_run(report.run),
    )


def standing_view(standing: ShopStanding) -> StandingView:
    shop, progress = standing.shop, standing.progress
    return StandingView(
        shop=shop.shop,
        channel=shop.channel,
        responsible=shop.responsible,
        enabled=shop.enabled,
        paused_reason=shop.paused_reason or None,
        reached_at=moment(progress.reached_ms) if progress else None,
        succeeded_at=moment_or_none(progress.succeeded_ms) if progress else None,
        failures=progress.failures if progress else 0,
        reason=(progress.reason or None) if progress else None,
        hints=standing.hints,
        backfill=run_view(standing.backfill) if standing.backfill else None,
        check=run_view(standing.check) if standing.check else None,
    )


def items_view(items: Sequence[Item]) -> ItemsView:
    return ItemsView(
        items=[
            ItemView(
                product_id=item.product_id,
                sku_id=item.sku_id,
                parts=[PartBody(sku=sku, quantity=quantity) for sku, quantity in item.parts.items()],
                written=item.written,
                reason=item.reason or None,
            )
            for item in items
        ]
    )


def _run(run: Run) -> dict[str, Any]:
    return {
        "shop": run.shop,
        "from_": moment(run.from_ms),
        "to": moment(run.to_ms),
        "state": "done" if run.ended_ms else "open",
        "progress": round(run.share_done, 4),
        "attempts": run.attempts,
        "reason": run.reason or None,
        "requested_by": run.requested_by,
        "requested_at": moment(run.requested_ms),
        "ended_at": moment_or_none(run.ended_ms),
    }


def _backfilled(order: RunOrder) -> BackfilledView:
    reason = order.detail.get("reason")
    return BackfilledView(
        channel_order_id=order.channel_order_id,
        outcome=order.outcome,
        reason=None if reason is None else str(reason),
    )


def _difference(order: RunOrder) -> DifferenceView:
    detail: dict[str, Any] = dict(order.detail)
    return DifferenceView(
        channel_order_id=order.channel_order_id,
        difference=order.outcome,
        theirs=detail.get("theirs"),
        ours=detail.get("ours"),
    )
