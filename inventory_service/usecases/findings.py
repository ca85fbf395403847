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


class Told:
    """Collects what is told without failing, in bounded memory."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown: list[str] = []
        self._more = 0

    def tell(self, what: str) -> None:
        if len(self._shown) < SHOWN_MAX:
            self._shown.append(what)
        else:
            self._more += 1

    def finding(self) -> Finding:
        more = f"; and {self._more} more" if self._more else ""
        return Finding(self._name, True, "; ".join(self._shown) + more if self._shown else "none")
