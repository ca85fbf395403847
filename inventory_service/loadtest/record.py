"""A run as it is kept: raw series, counts and proof, written by Locust's process and read by ours."""

from pathlib import Path

import msgspec

from inventory_service.loadtest.series import Series


class Sample(msgspec.Struct):
    """A look at users and at the hot SKU's stock, `at_s` as a Unix time. None: no look at the stock succeeded."""

    at_s: float
    users: int
    available: int | None = None
    held: int | None = None
    committed: int | None = None
    on_hand: int | None = None


class CheckLine(msgspec.Struct):
    """A line of the proof; it holds when nothing is `wrong`."""

    name: str
    figure: str
    wrong: list[str] = []


class Record(msgspec.Struct):
    """One run. `delivered`: units of the hot SKU. `cpu_percent`: of each load process, second by second; 100 is a core.

    `service` and `machine` are filled in by the command, and left empty where Locust was started by hand.
    """

    scenario: str
    run: str
    host: str
    hot_sku: str
    delivered: int
    started_at_s: float
    ended_at_s: float
    locust_version: str
    series: Series
    samples: list[Sample]
    counts: dict[str, int]
    checks: list[CheckLine]
    cpu_percent: list[list[float]]
    interrupted: bool = False
    service: str = ""
    machine: str = ""

    @property
    def seconds(self) -> float:
        return max(0.001, self.ended_at_s - self.started_at_s)


def write_record(folder: Path, record: Record) -> Path:
    """As `<scenario>-<run>.json` in `folder`."""
    path = folder / f"{record.scenario}-{record.run}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
    return path


def read_record(path: Path) -> Record:
    return msgspec.json.decode(path.read_bytes(), type=Record)
