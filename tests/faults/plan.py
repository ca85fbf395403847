"""Which scenarios a run has: quotas make sure of what it must have done, not luck."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.fault import Fault
from tests.faults.load import Crowd

MARGIN = 1.1  # now and then one strikes nothing
EXTRA_MAX = 0.3  # of the scenarios planned, to fill a quota that is still missed

Case = tuple[str, int]  # name of a kind of fault, seed


@dataclass(frozen=True, slots=True)
class Form:
    """`scenarios`: at least. `operations`: acknowledged before the strike, and again behind it. `quotas`: what the
    run must have done, by `Fault.yields`. `acknowledged`: operations of the whole run. `rigs`: how many at once.
    `group`: how many scenarios share a database, whose ledger grows, and with it what `verify` costs.
    """

    name: str
    scenarios: int
    operations: int
    crowd: Crowd
    quotas: Mapping[str, int]
    acknowledged: int
    rigs: int
    group: int


FORMS = {
    form.name: form
    for form in (
        # Callers who never think took 11 s of processor per scenario, most of it while a fault only lasts; these 1.9 s.
        Form("short", 200, 30, Crowd(10, 2, 10, think_seconds=0.25), {"kill": 20, "promotion": 5}, 0, rigs=5, group=10),
        Form(
            "long", 600, 500, Crowd(8, 3, 200, think_seconds=0.4),
            {"kill": 300, "torn_tail": 100, "promotion": 50}, 1_000_000, rigs=3, group=4,
        ),
    )
}  # fmt: skip


class Schedule:
    """Groups of cases, and then more of them as long as something is missed. `only`: so many, and no quotas."""

    def __init__(self, form: Form, faults: Sequence[Fault], seed: int, only: int = 0) -> None:
        self._form = form
        self._faults = faults
        self._seed = seed
        self._number = 0
        names = [fault.name for fault in faults]
        self._cases = self._numbered([names[i % len(names)] for i in range(only)] if only else self._planned())
        self._extra_max = 0 if only else int(EXTRA_MAX * len(self._cases))
        self.done: Counter[str] = Counter()  # of each quota, and acknowledged operations

    def __len__(self) -> int:
        """Scenarios that are left."""
        return len(self._cases)

    def take(self) -> list[Case]:
        """The next group; [] when it is over."""
        if not self._cases and self._extra_max > 0:
            self._cases = self._numbered(self._missed())
            self._extra_max -= len(self._cases)
        size = self._form.group
        group, self._cases = self._cases[:size], self._cases[size:]
        return group

    def give_back(self, cases: Sequence[Case]) -> None:
        """What was taken and not done."""
        self._cases = [*cases, *self._cases]

    def missed(self) -> dict[str, str]:
        """What the run should have done and has not."""
        wanted = {**self._form.quotas, "acknowledged": self._form.acknowledged}
        return {name: f"{self.done[name]} of {count}" for name, count in wanted.items() if self.done[name] < count}

    def _planned(self) -> list[str]:
        """Each kind at least once; those that fill a quota as often as it takes; the rest by their weights."""
        counts = Counter({fault.name: 1 for fault in self._faults})
        for quota, wanted in self._form.quotas.items():
            self._spread(counts, [fault for fault in self._faults if fault.yields == quota], int(wanted * MARGIN))
        self._spread(counts, self._faults, self._form.scenarios - counts.total(), anew=True)
        names = sorted(counts.elements())
        random.Random(self._seed).shuffle(names)
        return names

    def _spread(self, counts: Counter[str], faults: Sequence[Fault], wanted: int, *, anew: bool = False) -> None:
        """Raise the counts of these until there are `wanted`, in proportion to their weights."""
        here = Counter[str]() if anew else Counter({fault.name: counts[fault.name] for fault in faults})
        while faults and here.total() < wanted:
            least = min(faults, key=lambda fault: here[fault.name] / fault.weight)
            here[least.name] += 1
            counts[least.name] += 1

    def _missed(self) -> list[str]:
        missed = self.missed()
        names = [fault.name for fault in self._faults if fault.yields in missed]
        if not names and "acknowledged" in missed:
            names = [fault.name for fault in self._faults]
        return names[: self._form.group]

    def _numbered(self, names: Sequence[str]) -> list[Case]:
        first, self._number = self._number, self._number + len(names)
        return [(name, self._seed + first + index) for index, name in enumerate(names)]
