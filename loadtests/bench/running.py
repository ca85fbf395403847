"""Measures one figure after the other. What cannot be measured says why in its row, and the others go on."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from loadtests.bench.forms import Figure, Form, Group
from loadtests.bench.rows import Row, not_measured

Tell = Callable[[str], None]


class OutOfTime(Exception):
    """The run has taken as long as it may."""


async def measure(groups: Sequence[Group[Any]], form: Form, only: Collection[str], tell: Tell) -> list[Row]:
    """The rows of every figure that belongs to `form` and, unless it is empty, stands in `only`."""
    until = asyncio.get_running_loop().time() + form.seconds_max
    rows: list[Row] = []
    for group in groups:
        wanted = [each for each in group.figures if form.name in each.forms and (not only or each.name in only)]
        if wanted:
            rows += await _measure_group(group, wanted, form, until, tell)
    return rows


async def _measure_group(
    group: Group[Any], figures: Sequence[Figure[Any]], form: Form, until: float, tell: Tell
) -> list[Row]:
    rows: list[Row] = []
    measured = 0
    try:
        async with AsyncExitStack() as stack:
            async with _until(until):
                place = await stack.enter_async_context(group.open())
            for figure in figures:
                rows += await _measure_figure(figure, place, form, until, tell)
                measured += 1
    except Exception as error:  # noqa: BLE001  # whatever it is: a bench that cannot run fails nobody's build
        rows += [not_measured(figure.name, error) for figure in figures[measured:]]
    return rows


async def _measure_figure(figure: Figure[Any], place: Any, form: Form, until: float, tell: Tell) -> Sequence[Row]:
    began = time.perf_counter()
    try:
        async with _until(until):
            return await figure.measure(place, form)
    except Exception as error:  # noqa: BLE001  # as above
        return [not_measured(figure.name, error)]
    finally:
        tell(f"{figure.name}: {time.perf_counter() - began:.1f} s")


@asynccontextmanager
async def _until(end: float) -> AsyncIterator[None]:
    """Raises OutOfTime at `end`, by the loop's clock."""
    limit = asyncio.timeout_at(end)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise OutOfTime("no time was left") from None
        raise
