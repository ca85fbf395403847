"""Health."""

from typing import Literal

from msgspec import Struct


class Health(Struct, frozen=True):
    status: Literal["alive", "ready"]
