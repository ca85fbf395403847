"""What the checker found: one line per invariant."""

from dataclasses import dataclass

SHOWN_MAX = 10  # differences told per invariant; the rest is counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant: its name, whether it holds, and what was checked or where it does not hold."""

    name: str
    ok: bool
    detail: str


class Check:
    """Collects what speaks against one invariant, in bounded memory."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checked = 0
        self._shown: list[str] = []
        self._failed = 0

    def differs(self, difference: str) -> None:
        self._failed += 1
        if len(self._shown) < SHOWN_MAX:
            self._shown.append(difference)

    @property
    def ok(self) -> bool:
        return self._failed == 0

    def finding(self, what: str) -> Finding:
        """`what` was checked, in the plural."""
        if self.ok:
            return Finding(self.name, True, f"{self.checked} {what}")
        more = f"; and {self._failed - len(self._shown)} more" if self._failed > len(self._shown) else ""
        return Finding(self.name, False, "; ".join(self._shown) + more)
