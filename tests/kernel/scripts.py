"""The kernel's scripts as the service assembles them; a test of the tests may put another text in their place."""

from pathlib import Path
from typing import NamedTuple

from inventory_service.engine.script import assemble


class KernelScripts(NamedTuple):
    apply: str
    apply_allowing_oom: str
    flushed: str

    @classmethod
    def assembled(cls, folder: Path | None = None) -> "KernelScripts":
        """`folder`: another one than the service's `lua/`."""
        apply = assemble("apply", folder)
        return cls(apply.text, apply.allowing_oom().text, assemble("flushed", folder).text)
