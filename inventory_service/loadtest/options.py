"""What a load test can be asked for, and what it needs to be installed."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from inventory_service.resources import resource_folder

NEEDED = ("locust", "matplotlib")
INSTALL = "pip install 'inventory-service[loadtest]'"


class LoadTestError(Exception):
    """The load test cannot be run as asked; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """`scenario`: a name in `loadtests/`, or a path to a locustfile. `url` None: a service on embedded servers.

    `units` of each SKU, None: the scenario's own number. `spawn_rate` in users per second, None: all at once.
    """

    scenario: str = "flash_sale"
    url: str | None = None
    api_key: str | None = None
    users: int = 200
    spawn_rate: float | None = None
    seconds: int = 30
    units: int | None = None
    processes: int = 1
    web: bool = False
    output: Path = Path("loadtest-results")
    as_json: bool = False


def check_installed() -> None:
    """Raises LoadTestError, saying what to install."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise LoadTestError(f"{' and '.join(missing)} missing: {INSTALL}")


def find_locustfile(scenario: str) -> Path:
    """The locustfile of a scenario, or the given file. Raises LoadTestError, naming the scenarios that there are."""
    if scenario.endswith(".py"):
        path = Path(scenario)
        if path.is_file():
            return path.resolve()
        raise LoadTestError(f"there is no locustfile {scenario}")
    known = {path.stem: path for path in resource_folder("loadtests").glob("[a-z]*.py")}
    if scenario not in known:
        raise LoadTestError(
            f"there is no scenario {scenario!r}, only {', '.join(sorted(known))}, or a path ending in .py"
        )
    return known[scenario]
