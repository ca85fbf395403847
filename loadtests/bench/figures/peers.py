"""The hot SKU over HTTP against other ways to keep stock, each with stores of its own beside ours."""

from collections.abc import Sequence

from loadtests.bench.forms import NOT_QUICK, Figure, Form
from loadtests.bench.houses import peer, stores
from loadtests.bench.rows import RATE, Reach, Row, compared, take_turns
from loadtests.bench.street import Street, theirs

OURS, THEIRS = "ours", "theirs"
REACHES: dict[str, Reach | None] = {
    "conditional-update": Reach(4),
    "row-lock": Reach(8),
    "row-per-unit": Reach(2),
    "redis-decr": None,
}


def figure(name: str, reach: Reach | None) -> Figure[Street]:
    async def measure(street: Street, form: Form) -> Sequence[Row]:
        async with stores() as own, peer(name, own) as port:
            turns = {OURS: lambda: street.ours(form), THEIRS: lambda: theirs(port, form)}
            rates = await take_turns(turns, form.rounds)
        note = await street.near_ceiling(form, max(rates[OURS] + rates[THEIRS]))
        return [compared(f"hot SKU over HTTP / {name}", RATE, rates[OURS], rates[THEIRS], reach, note)]

    return Figure(name, measure, NOT_QUICK)


PEERS = tuple(figure(name, reach) for name, reach in REACHES.items())
