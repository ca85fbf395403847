"""Reserves of the hot SKU over HTTP, one API process, 64 connections: against an echo handler, in lists, and how long
they take at half of what can be done.
"""

from collections.abc import Sequence

from loadtests.bench.forms import ALWAYS, NOT_QUICK, Figure, Form
from loadtests.bench.houses import peer
from loadtests.bench.rows import MILLISECONDS, RATE, Reach, Row, compared, take_turns
from loadtests.bench.street import LIST, Street, p99_ms, theirs

SINGLE, LISTS, ECHO = "single", "lists", "echo"
LOAD = 0.5


async def measure_reserve(street: Street, form: Form) -> Sequence[Row]:
    async with peer("echo") as port:
        rates = await take_turns({SINGLE: lambda: street.ours(form), ECHO: lambda: theirs(port, form)}, form.rounds)
    note = await street.near_ceiling(form, max(rates[SINGLE] + rates[ECHO]))
    name = "single reserve over HTTP, fsync always / echo handler"
    return [compared(name, RATE, rates[SINGLE], rates[ECHO], Reach(0.75), note)]


async def measure_lists(street: Street, form: Form) -> Sequence[Row]:
    contenders = {SINGLE: lambda: street.ours(form), LISTS: lambda: street.ours(form, LIST)}
    rates = await take_turns(contenders, form.rounds)
    note = await street.near_ceiling(form, max(rates[LISTS]), LIST)
    name = f"batch API, {LIST} per request, fsync always / single calls"
    return [compared(name, RATE, rates[LISTS], rates[SINGLE], Reach(6), note)]


async def measure_fsync(street: Street, form: Form) -> Sequence[Row]:
    """What it costs that every answer is on disk."""
    synced = "lists, fsync always"
    async with peer("echo") as port:
        contenders = {
            SINGLE: lambda: street.without_fsync(form),
            ECHO: lambda: theirs(port, form),
            LISTS: lambda: street.without_fsync(form, LIST),
            synced: lambda: street.ours(form, LIST),
        }
        rates = await take_turns(contenders, form.rounds)
    notes = (
        await street.near_ceiling(form, max(rates[SINGLE] + rates[ECHO])),
        await street.near_ceiling(form, max(rates[LISTS] + rates[synced]), LIST),
    )
    name = "single reserve over HTTP, fsync off / echo handler"
    return [
        compared(name, RATE, rates[SINGLE], rates[ECHO], Reach(0.85), notes[0]),
        compared("batch API, fsync always / off", RATE, rates[synced], rates[LISTS], Reach(0.7), notes[1]),
    ]


async def measure_latency(street: Street, form: Form) -> Sequence[Row]:
    """Both at the same rate, which is no burden to the echo."""
    half = LOAD * await street.ours(form)

    async def ours() -> float:
        figure_ms = await p99_ms(street.house.port, form, half, street.house.key)
        await street.settle()
        return figure_ms

    async with peer("echo") as port:
        figures_ms = await take_turns({SINGLE: ours, ECHO: lambda: p99_ms(port, form, half)}, form.rounds)
    name = f"p99 of a reserve at {LOAD:.0%} load / of an echo"
    note = f"at {half:,.0f} calls per second"
    return [compared(name, MILLISECONDS, figures_ms[SINGLE], figures_ms[ECHO], Reach(2.5, at_most=True), note)]


RESERVE = Figure("reserve", measure_reserve, ALWAYS)
LISTS_OF_RESERVES = Figure("lists", measure_lists, ALWAYS)
FSYNC = Figure("fsync", measure_fsync, NOT_QUICK)
LATENCY = Figure("latency", measure_latency, NOT_QUICK)
