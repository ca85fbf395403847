"""What a demo run can be asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`data_dir` None: a temporary one, removed afterwards. `port` None: 8080 if it is free, else any free one.

    `seconds` is how long shoppers keep arriving.
    """

    exit_after_proof: bool = False
    data_dir: Path | None = None
    port: int | None = None
    shoppers: int = 3000
    units: int = 1000
    seconds: float = 12.0

    @property
    def hold_seconds(self) -> int:
        """How long a shopper may take to pay: short, so that holds expire while one watches."""
        return max(2, min(6, round(self.seconds / 2)))


FLASH_SALE = DemoOptions()
# Long enough for a secret to be changed, missed, set again and caught up with while orders go on.
CHANNEL_SALE = DemoOptions(shoppers=300, units=120, seconds=45.0)
