"""The choice of warehouses against every possible one, and its cost where there are too many to try."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import msgspec
import pytest

from inventory_service.domain.commands import Command, LineRequest, Reserve
from inventory_service.domain.outcomes import ReservationOutcome
from inventory_service.domain.stock import UNSET, Level, Stock
from tests.kernel.driver import Kernel
from tests.kernel.make import reserve, route

SKUS = ("A", "B", "C", "D")

Network = dict[str, dict[str, int]]  # warehouse, in the order of rank → SKU → units


def networks(seed: int, number: int, warehouses: int) -> Iterator[tuple[Network, list[LineRequest]]]:
    """Up to so many warehouses and 4 lines, scarce enough that most orders are split."""
    chance = random.Random(seed)
    for case in range(number):
        skus = [f"{sku}-{case}" for sku in SKUS[: chance.randint(1, 4)]]
        most = chance.choice((1, 2, 4, 9))
        network = {
            f"W{rank}": {sku: units for sku in skus if (units := chance.randint(0, most))}
            for rank in chance.sample(range(warehouses), chance.randint(1, warehouses))
        }
        yield network, [LineRequest(sku, chance.randint(1, 2 * most + 1)) for sku in skus]


def optimum(network: Network, lines: Sequence[LineRequest]) -> tuple[str, ...] | None:
    """The smallest set that has all of it, and of these the first in the order of rank."""
    for size in range(1, len(network) + 1):
        for chosen in combinations(network, size):
            if all(sum(network[each].get(sku, 0) for each in chosen) >= quantity for sku, quantity in lines):
                return chosen
    return None


def taken(network: Network, lines: Sequence[LineRequest], chosen: Sequence[str]) -> list[list[tuple[str, int, int]]]:
    """Each line from the best ranked of the chosen first."""
    found: list[list[tuple[str, int, int]]] = []
    for sku, quantity in lines:
        parts, missing = [], quantity
        for warehouse in chosen:
            units = min(missing, network[warehouse].get(sku, 0))
            missing -= units
            parts += [(warehouse, units, 0)] if units else []
        found.append(parts)
    return found


def order(name: str, lines: Sequence[LineRequest], warehouses: Sequence[str]) -> Reserve:
    return reserve(name, " ".join(f"{sku}*{quantity}" for sku, quantity in lines), route(*warehouses))


def fill(kernel: Kernel, network: Network, lines: Sequence[LineRequest], pipeline: Any) -> None:
    """The stock of a case, written as a rebuild writes it."""
    for sku, _ in lines:
        levels = [
            Level(warehouse, units[sku], 0, 0, 0, 0, UNSET, UNSET, 0)
            for warehouse, units in network.items()
            if sku in units
        ]
        pipeline.hset(kernel.stock_key, sku, msgspec.msgpack.encode(Stock(1, 0, 0, 0, levels)))


def call_all(kernel: Kernel, commands: Sequence[Command]) -> tuple[list[ReservationOutcome], list[int]]:
    """Their outcomes, in order, and how many each batch had room for; what one defers comes with the next."""
    outcomes: list[ReservationOutcome] = []
    done_by_batch: list[int] = []
    while len(outcomes) < len(commands):
        reply = kernel.call(commands[len(outcomes) : len(outcomes) + 80])
        done = [outcome for outcome in reply.outcomes if isinstance(outcome, ReservationOutcome)]
        assert done, "every batch does something"
        assert not any(reply.outcomes[len(done) :]), "what is deferred stands behind all that is done"
        outcomes += done
        done_by_batch.append(len(done))
    return outcomes, done_by_batch


@pytest.mark.parametrize(("number", "warehouses"), [(10_000, 8), (200, 12)])
def test_orders_are_split_as_the_optimum_is(kernel: Kernel, number: int, warehouses: int) -> None:
    kernel.open()
    cases = list(networks(7, number, warehouses))
    with kernel.client.pipeline(transaction=False) as pipeline:
        for network, lines in cases:
            fill(kernel, network, lines, pipeline)
        pipeline.execute()

    outcomes, _ = call_all(kernel, [order(f"r{n}", lines, list(network)) for n, (network, lines) in enumerate(cases)])

    sizes = Counter[int]()
    for (network, lines), outcome in zip(cases, outcomes, strict=True):
        chosen = optimum(network, lines)
        sizes[min(3, len(chosen or ()))] += 1
        if chosen is None:
            assert outcome.code == "insufficient_stock"
        else:
            assert outcome.reservation is not None
            assert [line.allocations for line in outcome.reservation.lines] == taken(network, lines, chosen)
    assert all(sizes[size] > number / 20 for size in range(4)), "orders of every kind were tried"


WAREHOUSES = [f"W{number:03}" for number in range(200)]
# What each of 200 warehouses has of A and of B, in turn, and what every order wants.
HARD = {
    "no pair, many triples": ([(2, 0), (0, 2), (1, 1)], "A*5 B*2"),
    "no dozen": ([(1, 0), (0, 1)], "A*7 B*7"),
    "sold out": ([(0, 0)], "A B"),
    "one too few": ([(1, 0)] * 4 + [(0, 0)] * 196, "A*5 B"),
    "in the last": ([(0, 0)] * 199 + [(1000, 1000)], "A B"),
    "uneven": ([(number % 7, number % 11) for number in range(200)], "A*25 B*40"),
}
# An order that looks at two lines in 200 warehouses takes 1,600 of the 10,000 steps that a batch may.
ORDERS_PER_BATCH_MAX = 7


@pytest.mark.parametrize("case", HARD)
def test_two_hundred_warehouses_do_not_hold_up_a_batch(case: str, kernel: Kernel) -> None:
    kernel.open()
    units, wanted = HARD[case]
    network = {each: dict(zip("AB", units[n % len(units)], strict=True)) for n, each in enumerate(WAREHOUSES)}
    with kernel.client.pipeline(transaction=False) as pipeline:
        fill(kernel, network, [LineRequest("A", 1), LineRequest("B", 1)], pipeline)
        pipeline.execute()
    where = route(*WAREHOUSES)

    before_ms = processor_ms(kernel)
    outcomes, done_by_batch = call_all(kernel, [reserve(f"r{number}", wanted, where) for number in range(80)])
    spent_ms = processor_ms(kernel) - before_ms

    print(f"{case}: {len(done_by_batch)} batches of {spent_ms / len(done_by_batch):.1f} ms")  # noqa: T201
    assert max(done_by_batch) <= ORDERS_PER_BATCH_MAX
    for outcome in outcomes:
        assert outcome.code == ("insufficient_stock" if outcome.reservation is None else "held")
    for level in (level for stock in kernel.stock().values() for level in stock.levels):
        assert level.held <= level.on_hand


def processor_ms(kernel: Kernel) -> float:
    """What the server's main thread has used: the other tests' load is not in it."""
    used = kernel.client.info("cpu")
    return 1_000 * float(used["used_cpu_user_main_thread"] + used["used_cpu_sys_main_thread"])
