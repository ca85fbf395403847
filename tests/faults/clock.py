"""The wall clock of one process, stepped while it runs (libfaketime); its monotonic clock stays true."""

from collections.abc import Mapping
from pathlib import Path

LIBRARIES = (
    Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib/faketime/libfaketimeMT.so.1"),
)


def why_not() -> str | None:
    """Why this machine cannot do it; None: it can."""
    return None if _library() else "libfaketime is not installed"


class WallClock:
    """A process started with `environment` sees the true time plus what `step` added up to."""

    def __init__(self, folder: Path) -> None:
        self._offset_file = folder / "clock-offset"
        self._offset_seconds = 0
        self.step(0)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset_file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
        }

    def step(self, seconds: int) -> None:
        """Forward, or backward when negative; at once."""
        self._offset_seconds += seconds
        fresh = self._offset_file.with_suffix(".new")
        fresh.write_text(f"{self._offset_seconds:+d}\n")
        fresh.replace(self._offset_file)  # never half written: it is read at every look at the clock


def _library() -> Path | None:
    return next((path for path in LIBRARIES if path.exists()), None)
