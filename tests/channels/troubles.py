"""Answers that are none."""

from tests.simulators import platform
from tests.simulators.platform import Trouble

BROKEN: list[Trouble] = [platform.broken_off, platform.garbage, platform.half_json, platform.server_error]
NEVER_READ: list[Trouble] = [platform.endless, platform.elsewhere]
