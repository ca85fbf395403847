"""Health."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType


class Health(Struct, frozen=True):
    status: Literal["alive", "ready"]
    warnings: Annotated[list[str], Meta(description="What goes wrong beside: reservations succeed.")] | UnsetType = (
        UNSET
    )
