"""How much of a SKU is withheld, and on which terms it is sold."""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain import stock
from inventory_service.domain.codes import LABEL_CHARACTERS_MAX
from inventory_service.domain.stock import CHANNELS_MAX, QUANTITY_MAX, Stock, Threshold
from inventory_service.web.schemas.fields import KEY_PATTERN, Code

Item = TypeVar("Item")

Channel = Annotated[str, Meta(min_length=1, max_length=LABEL_CHARACTERS_MAX, pattern=KEY_PATTERN)]
Units = Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]
LimitBelow = Annotated[
    int,
    Meta(
        ge=0,
        le=QUANTITY_MAX,
        description="With less than this available at most `limit_quantity` units go into one order; 0: never.",
    ),
]
LimitQuantity = Annotated[
    int,
    Meta(ge=0, le=QUANTITY_MAX, description="Units of one order; 0: none is said, where there is no `limit_below`."),
]
PauseBelow = Annotated[
    int,
    Meta(
        ge=0,
        le=QUANTITY_MAX,
        description="With less than this available nothing is sold, until there is more again; 0: never.",
    ),
]

WarnBelow = Annotated[
    int,
    Meta(ge=0, le=QUANTITY_MAX, description="With less than this available an alarm is open; 0: never."),
]


class ChannelBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is left out stays as it is. A channel with nothing but zeros has no terms of its own any more."""

    safety_stock: Annotated[int, Meta(ge=0, le=QUANTITY_MAX, description="Withheld from this channel.")] | UnsetType = (
        UNSET
    )
    limit_below: LimitBelow | UnsetType = UNSET
    limit_quantity: LimitQuantity | UnsetType = UNSET
    pause_below: PauseBelow | UnsetType = UNSET
    warn_below: WarnBelow | UnsetType = UNSET


class PolicyBody(Struct, Generic[Item], forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Without `warehouse`, `safety_stock` and `warn_below` are each warehouse's default: 5 over ten withhold 50.

    Everything else counts over all warehouses, and does not go with `warehouse`.
    """

    safety_stock: Units | UnsetType = UNSET
    warn_below: Annotated[int, Meta(ge=0, le=QUANTITY_MAX, description="0: never warn.")] | UnsetType = UNSET
    warehouse: Code | UnsetType = UNSET
    total_safety_stock: (
        Annotated[int, Meta(ge=0, le=QUANTITY_MAX, description="Withheld over all warehouses, beside theirs.")]
        | UnsetType
    ) = UNSET
    limit_below: LimitBelow | UnsetType = UNSET
    limit_quantity: LimitQuantity | UnsetType = UNSET
    pause_below: PauseBelow | UnsetType = UNSET
    total_warn_below: WarnBelow | UnsetType = UNSET
    channels: Annotated[dict[Channel, Item], Meta(max_length=CHANNELS_MAX)] | UnsetType = UNSET
    preorder_limit: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=QUANTITY_MAX,
                description="Units that may be sold ahead of dated arrivals; 0: no more; null: never sold ahead.",
            ),
        ]
        | UnsetType
        | None
    ) = UNSET


class ChannelView(Struct, frozen=True, kw_only=True):
    """0: none of it."""

    safety_stock: int
    limit_below: int
    limit_quantity: int
    pause_below: int
    warn_below: int


class OwnPolicyView(Struct, frozen=True, kw_only=True):
    """null: the SKU's default applies."""

    warehouse: str
    safety_stock: int | None
    warn_below: int | None


class PolicyView(Struct, frozen=True, kw_only=True):
    """0: none of it."""

    sku: str
    safety_stock: Annotated[int, Meta(description="Each warehouse's default.")]
    warn_below: Annotated[int, Meta(description="Each warehouse's default.")]
    warehouses: Annotated[list[OwnPolicyView], Meta(description="Those that have their own.")]
    total_safety_stock: int
    limit_below: int
    limit_quantity: int
    pause_below: int
    total_warn_below: int
    channels: dict[str, ChannelView]
    preorder_limit: Annotated[int | None, Meta(description="null: never sold ahead.")]


def threshold(
    channel: str, body: ChannelBody | PolicyBody[Any], safety_stock: int | UnsetType, warn_below: int | UnsetType
) -> Threshold:
    """The command's words of what a body says; what it leaves out stays as it is."""
    given = (safety_stock, body.limit_below, body.limit_quantity, body.pause_below, warn_below)
    return Threshold(channel, *(stock.UNSET if value is UNSET else value for value in given))


def policy_view(sku: str, record: Stock) -> PolicyView:
    """A SKU's policy as callers see it."""
    by_channel: Mapping[str, Threshold] = {each.channel: each for each in record.thresholds}
    total = by_channel.get("", Threshold(""))
    own = [level for level in record.levels if (level.safety_stock, level.warn_below) != (stock.UNSET, stock.UNSET)]
    return PolicyView(
        sku=sku,
        safety_stock=record.safety_stock,
        warn_below=record.warn_below,
        warehouses=[
            OwnPolicyView(
                warehouse=level.warehouse,
                safety_stock=_or_none(level.safety_stock),
                warn_below=_or_none(level.warn_below),
            )
            for level in own
        ],
        total_safety_stock=total.safety_stock,
        limit_below=total.limit_below,
        limit_quantity=total.limit_quantity,
        pause_below=total.pause_below,
        total_warn_below=total.warn_below,
        channels={
            channel: ChannelView(
                safety_stock=each.safety_stock,
                limit_below=each.limit_below,
                limit_quantity=each.limit_quantity,
                pause_below=each.pause_below,
                warn_below=each.warn_below,
            )
            for channel, each in by_channel.items()
            if channel
        },
        preorder_limit=_or_none(record.preorder_limit),
    )


def _or_none(value: int) -> int | None:
    return None if value == stock.UNSET else value
