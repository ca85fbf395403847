"""Warehouses."""

from typing import Annotated

from msgspec import Meta, Struct

from inventory_service.domain.warehouse import WarehouseKind
from inventory_service.web.schemas.fields import Label, Latitude, Longitude, RegionCode


class WarehouseBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The whole description: what is left out has its default again."""

    name: Annotated[Label, Meta(min_length=1)]
    kind: WarehouseKind = WarehouseKind.WAREHOUSE
    country: Label = "CN"
    region: Label = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    priority: Annotated[int, Meta(ge=-1_000_000, le=1_000_000, description="Lower comes first.")] = 100
    serves: (
        Annotated[list[RegionCode], Meta(max_length=1000, description="Region codes it ships to; null: everywhere.")]
        | None
    ) = None
    enabled: bool = True


class WarehouseView(Struct, frozen=True, kw_only=True):
    code: str
    name: str
    kind: WarehouseKind
    country: str
    region: str
    lat: float | None
    lon: float | None
    priority: int
    serves: list[str] | None
    enabled: bool
