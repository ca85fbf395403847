"""What must be true after a crash of whatever kind: nothing that was told is lost, nothing happened twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from tests.acceptance.client import Answer
from tests.crash.load import ABSENT, SKU_NAMES, Life, Load

AT_ONCE = 30
LIST_MAX = 1000

T = TypeVar("T")
R = TypeVar("R")


async def check_everything(load: Load) -> None:
    """Statuses, then the calls in doubt once more, then stock to the unit, then repeats of everything."""
    await check_lives(load)
    await settle(load)
    await check_lives(load)
    await check_stock(load)
    await check_repeats(load)
    await check_stock(load)


async def check_lives(load: Load) -> None:
    """Every reservation stands where its caller was told, or one unanswered step further."""

    async def look(life: Life) -> None:
        answer = await load.shop.api.get(f"/v1/reservations/{life.reservation_id}")
        status = ABSENT if answer.status == 404 else answer.ok()["status"]
        assert status in life.possible, f"{life.reservation_id}: {status}, told {life.possible}: {answer.body}"

    await each(load.lives, look)


async def settle(load: Load) -> None:
    """Send what was never answered again, with the same ids: it must work out, done before or not."""

    async def again(life: Life) -> None:
        if life.in_doubt:
            answer = await load.send(life)
            assert answer.status in {200, 201}, answer
            load.acknowledge(life)

    await each(load.lives, again)
    for movement in list(load.movements_in_doubt):
        (result,) = await load.shop.movements([movement])
        assert result["result"] in {"applied", "duplicate"}, result
        load.movements_in_doubt.remove(movement)
        load.movements.append(movement)


async def check_stock(load: Load) -> None:
    """Counters are exactly what the acknowledged calls add up to."""
    for name in SKU_NAMES:
        received = sum(move["quantity"] for move in load.movements if move["sku"] == load.shop.sku(name))
        effects = [step.effect for life in load.lives if life.sku_name == name for step in life.steps[: life.told]]
        on_hand, held, committed = (sum(effect[part] for effect in effects) for part in range(3))
        assert await load.shop.counters(name) == (received + on_hand, held, committed, 0, 0), name


async def check_repeats(load: Load) -> None:
    """Every id is still known: reserves are replayed, movements and scans are duplicates, parts change nothing."""
    reserves = [{"op": "reserve", **life.order} for life in load.lives if life.told]
    for operations in slices(reserves):
        results = (await load.shop.api.post("/v1/batch", {"operations": operations})).ok()["results"]
        assert {result["status"] for result in results} <= {200}, results
    for movements in slices(load.movements):
        assert {result["result"] for result in await load.shop.movements(movements)} == {"duplicate"}
    for scans in slices(told(load, "scan")):
        sent = [body["scans"][0] for _, body in scans]
        assert {result["result"] for result in await load.shop.scans(sent)} == {"duplicate"}

    async def part_again(call: tuple[str, Any]) -> None:
        answer = await load.shop.api.post(*call)
        assert answer.ok()
        assert answer.replayed, answer

    await each(told(load, "part"), part_again)


def told(load: Load, verb: str) -> list[tuple[str, Any]]:
    """The acknowledged calls of one kind."""
    return [
        call
        for life in load.lives
        for step, call in zip(life.steps[: life.told], life.calls, strict=False)
        if step.verb == verb
    ]


def slices(items: Sequence[T]) -> list[list[T]]:
    return [list(items)[start : start + LIST_MAX] for start in range(0, len(items), LIST_MAX)]


async def each(items: Sequence[T], action: Callable[[T], Awaitable[R]]) -> list[R]:
    """Results in order, so many at once as one caller may have."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with gate:
            return await action(item)

    return list(await asyncio.gather(*(one(item) for item in items)))


async def answers_of(load: Load) -> dict[str, Answer]:
    """What every reservation and every SKU looks like now; the time of looking is left out."""
    paths = [f"/v1/reservations/{life.reservation_id}" for life in load.lives]
    paths += [f"/v1/stock/{load.shop.sku(name)}" for name in SKU_NAMES]
    answers = await each(paths, load.shop.api.get)
    return {path: _without_time(answer) for path, answer in zip(paths, answers, strict=True)}


def _without_time(answer: Answer) -> Any:
    return answer.status, {name: value for name, value in answer.body.items() if name not in {"as_of", "request_id"}}
