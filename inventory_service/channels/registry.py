"""Platforms by name: a folder beside this file that has an `adapter` is one. A channel of one's own has none: it speaks
`generic`.
"""

from importlib import import_module
from pathlib import Path
from typing import cast

from inventory_service.channels.clock import Clock, SystemClock
from inventory_service.channels.shop import Shop
from inventory_service.usecases.shops.ports import CredentialSource
from inventory_service.usecases.sync.adapter import Adapter


def platforms() -> list[str]:
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/adapter.py"))


def open_adapter(shop: Shop, credentials: CredentialSource, clock: Clock | None = None) -> Adapter:
    """The adapter of this shop; close it at the end. Raises ValueError for a platform that is none."""
    if shop.platform not in platforms():
        raise ValueError(f"{shop.name}: {shop.platform!r} is none of {', '.join(platforms())}")
    module = import_module(f"inventory_service.channels.{shop.platform}.adapter")
    return cast(Adapter, module.open_adapter(shop, credentials, clock or SystemClock()))
