"""A shop as it is configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """`options`: what only its platform knows, and what the platform's documents leave open.

    Raises ValueError for a base address that is none.
    """

    name: str
    platform: str
    base_url: str
    calls_per_second: float = 10.0
    answer_ms_max: int = 12_000
    answer_bytes_max: int = 16 * 1024 * 1024
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        target = URL(self.base_url)
        if target.scheme not in {"http", "https"} or not target.host or target.query_string or target.user:
            raise ValueError(f"the base address of {self.name} is no https://host/path")
        if min(self.calls_per_second, self.answer_ms_max, self.answer_bytes_max) <= 0:
            raise ValueError(f"every bound of {self.name} must be above 0")
