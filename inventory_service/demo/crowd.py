"""Who comes to the sale: from where, when, wanting what, and with which habits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from inventory_service.demo.scene import CATALOGUE
from inventory_service.domain.places.units import PROVINCES, Unit

# Millions of people by region code: censuses of 2020 (Hong Kong and Macau 2021), Taiwan 2020.
POPULATION_MILLIONS = {
    "110000": 21.89, "120000": 13.87, "130000": 74.61, "140000": 34.92, "150000": 24.05, "210000": 42.59,
    "220000": 24.07, "230000": 31.85, "310000": 24.87, "320000": 84.75, "330000": 64.57, "340000": 61.03,
    "350000": 41.54, "360000": 45.19, "370000": 101.53, "410000": 99.37, "420000": 57.75, "430000": 66.44,
    "440000": 126.01, "450000": 50.13, "460000": 10.08, "500000": 32.05, "510000": 83.67, "520000": 38.56,
    "530000": 47.21, "540000": 3.65, "610000": 39.53, "620000": 25.02, "630000": 5.92, "640000": 7.20,
    "650000": 25.85, "710000": 23.56, "810000": 7.41, "820000": 0.68,
}  # fmt: skip

WAITING_AT_THE_DOOR = 0.25  # share that hits the button within the first half second
THINKING_S = (0.3, 3.0)  # between the hold and the payment
BASKET_SHARE = 0.1  # buy something else along with it
TWO_UNITS_SHARE = 0.15
VISITS_MAX = 6  # how often the most patient come back while it is sold out


class Habit(StrEnum):
    PAYS = "pays"
    DOUBLE_CLICKS = "double-clicks"  # the same id twice at once
    LOSES_ANSWERS = "loses answers"  # hangs up, and asks again with the same id
    GIVES_UP = "gives up"
    LEAVES = "leaves"  # says nothing: the hold has to expire
    PAYS_LATE = "pays late"  # after the deadline


_HABITS = {
    Habit.PAYS: 54,
    Habit.DOUBLE_CLICKS: 10,
    Habit.LOSES_ANSWERS: 8,
    Habit.GIVES_UP: 12,
    Habit.LEAVES: 10,
    Habit.PAYS_LATE: 6,
}  # percent


@dataclass(frozen=True, slots=True)
class Shopper:
    """`lines`: SKU → quantity. Times in seconds; `arrives_s` counts from the opening."""

    number: int
    province: Unit
    habit: Habit
    lines: Mapping[str, int]
    arrives_s: float
    thinks_s: float
    visits: int  # how often they ask before they believe that it is sold out
    insists: bool  # takes the stock again when the payment came too late


def gather_crowd(count: int, hot_sku: str, seconds: float, random: Random) -> list[Shopper]:
    """`count` shoppers in the order of their arrival, from all provinces by population.

    As at a real opening a quarter is at the door; the others' arrivals thin out exponentially.
    """
    weights = [POPULATION_MILLIONS[province.code] for province in PROVINCES]
    provinces = random.choices(PROVINCES, weights, k=count)
    provinces[: len(PROVINCES)] = PROVINCES[:count]  # nobody is left out, however small the crowd allows
    habits = random.choices(list(_HABITS), list(_HABITS.values()), k=count)
    shoppers = [
        Shopper(
            number=number,
            province=province,
            habit=habit,
            lines=_basket(hot_sku, random),
            arrives_s=_arrival_s(seconds, random),
            thinks_s=random.uniform(*THINKING_S),
            visits=random.randint(1, VISITS_MAX),
            insists=random.random() < 0.5,
        )
        for number, (province, habit) in enumerate(zip(provinces, habits, strict=True), start=1)
    ]
    return sorted(shoppers, key=lambda shopper: shopper.arrives_s)


def regions(shoppers: Sequence[Shopper]) -> int:
    return len({shopper.province.code for shopper in shoppers})


def _basket(hot_sku: str, random: Random) -> dict[str, int]:
    lines = {hot_sku: 2 if random.random() < TWO_UNITS_SHARE else 1}
    if random.random() < BASKET_SHARE:
        lines |= dict.fromkeys(random.sample(CATALOGUE, random.randint(1, 3)), 1)
    return lines


def _arrival_s(seconds: float, random: Random) -> float:
    if random.random() < WAITING_AT_THE_DOOR:
        return random.uniform(0, min(0.5, seconds))
    return random.expovariate(4 / seconds) % seconds
