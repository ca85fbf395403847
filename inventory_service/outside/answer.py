"""One answer over HTTP, read as a careful caller reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `status` 0: none arrived (cut, refused or timed out)."""

    status: int
    body: Body
    replayed: bool = False
    doubtful: bool = False  # an attempt before this one may have happened

    @property
    def code(self) -> str:
        """The problem code, "" for a success."""
        return str(self.body.get("code", "")) if self.status >= 400 else ""

    @property
    def definite(self) -> bool:
        """Whether it settles the question; what does not is asked again with the same id."""
        return self.status not in (0, 429, 503)

    @property
    def may_have_happened(self) -> bool:
        return self.status == 0 or self.code == "outcome_unknown"
