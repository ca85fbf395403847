"""The merchant who sells everywhere: three shops, two warehouses, and one scarce article that is also in a set."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from inventory_service.demo import scene

WAREHOUSES = ("SHA", "CAN")
CASES_PER_SHOPPER = 2  # of what is in the set too: never scarce
SHOPS_CALLED_PER_SECOND = 50.0
PRODUCT = "520813250866"


class Shop(NamedTuple):
    """`title`: as the merchant calls it; `short`: as it stands above a column."""

    name: str
    channel: str
    title: str
    short: str
    responsible: str


SHOPS = (
    Shop("tmall", "taobao", "天猫旗舰店 Tmall", "Tmall", "李雷 Li Lei"),
    Shop("douyin", "douyin", "抖音小店 Douyin", "Douyin", "王芳 Wang Fang"),
    Shop("own-shop", "generic", "自营商城 own shop", "own shop", "韩梅梅 Han Meimei"),
)
# Whose secret is changed: it pushes, so what it says meanwhile is lost, and only its lists still have it.
STRUCK = "douyin"


class Article(NamedTuple):
    """`code`: the merchant's, in every shop. `parts`: SKU → units. `share`: of shoppers who want it."""

    name: str
    code: str
    parts: Mapping[str, int]
    share: int

    def makeable(self, available: Mapping[str, int]) -> int:
        """How many can be made of so many units of each SKU."""
        return min(available.get(sku, 0) // units for sku, units in self.parts.items())

    def variant(self, place: int) -> tuple[str, str]:
        """The platform's product and variant."""
        return PRODUCT, f"320801202504{place}"


def hot_sku(run: str) -> str:
    return f"NOVA-X1-{run}"


def case_sku(run: str) -> str:
    return f"NOVA-CASE-{run}"


def articles(run: str) -> list[Article]:
    hot, case = hot_sku(run), case_sku(run)
    return [
        Article(scene.HOT_NAME, hot, {hot: 1}, 45),
        Article("set with case", f"NOVA-SET-{run}", {hot: 1, case: 1}, 25),
        Article("case", case, {case: 1}, 30),
    ]


def warehouses() -> dict[str, Mapping[str, Any]]:
    every = scene.warehouses()
    return {code: every[code] for code in WAREHOUSES}


def delivered(run: str, units: int, shoppers: int) -> dict[str, int]:
    """SKU → units, over both warehouses."""
    return {hot_sku(run): units, case_sku(run): shoppers * CASES_PER_SHOPPER}


def movements(run: str, units: int, shoppers: int) -> list[Mapping[str, Any]]:
    return [
        {
            "movement_id": f"demo-{run}-{sku}-{code}",
            "type": "receive",
            "sku": sku,
            "warehouse": code,
            "quantity": quantity,
            "reference": f"delivery-{run}",
        }
        for sku, whole in delivered(run, units, shoppers).items()
        for code, quantity in zip(WAREHOUSES, (whole - whole // 2, whole // 2), strict=True)
        if quantity
    ]
