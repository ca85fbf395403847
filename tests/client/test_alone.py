"""The client where only aiohttp and msgspec are installed: nothing else is found."""

import subprocess
import sys

from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY, RunningService

PROGRAM = """
import sys
from importlib.machinery import PathFinder

INSTALLED = {
    "inventory_service", "msgspec", "aiohttp", "aiohappyeyeballs", "aiosignal", "attr", "attrs", "frozenlist", "idna",
    "multidict", "propcache", "typing_extensions", "yarl",
}

class OnlyThese(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        top = name.partition(".")[0]
        known = top in INSTALLED or top in sys.stdlib_module_names or top.startswith("_")
        return super().find_spec(name, path, target) if known else None

sys.meta_path = [OnlyThese if finder is PathFinder else finder for finder in sys.meta_path]

from inventory_service.client import SyncInventoryClient

with SyncInventoryClient(sys.argv[1], sys.argv[2]) as client:
    assert client.ready().ready
print(*sorted(name for name in sys.modules if name.startswith("inventory_service")))
"""


def test_it_needs_aiohttp_and_msgspec_and_nothing_else(service: RunningService) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, service.url, BOOTSTRAP_KEY],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = [name for name in done.stdout.split() if not name.startswith("inventory_service.client")]
    assert loaded == ["inventory_service", "inventory_service.standard_webhooks"]
