"""The only place where a Redis key is spelled. `lua/README.md` says what each holds."""

from dataclasses import dataclass

PARTITION = 0
REMEMBERED_SLOTS = 4
LIMIT_SLOTS = 3
_TAG = f"{{inv:{PARTITION}}}"

META = f"{_TAG}:meta"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that were built in epoch `built`: a rebuild writes new ones beside them and switches over."""

    built: int

    def _key(self, name: str) -> str:
        return f"{_TAG}:{self.built}:{name}"

    @property
    def stock(self) -> str:
        return self._key("stock")

    @property
    def holds(self) -> str:
        return self._key("holds")

    @property
    def deadlines(self) -> str:
        return self._key("deadlines")

    @property
    def finished(self) -> str:
        return self._key("finished")

    @property
    def remembered(self) -> tuple[str, ...]:
        return tuple(self._key(f"remembered:{slot}") for slot in range(REMEMBERED_SLOTS))

    @property
    def events(self) -> str:
        return self._key("events")

    @property
    def limits(self) -> tuple[str, ...]:
        return tuple(self._key(f"limits:{slot}") for slot in range(LIMIT_SLOTS))

    @property
    def capacity(self) -> str:
        return self._key("capacity")

    @property
    def transfers(self) -> str:
        return self._key("transfers")

    @property
    def of_apply(self) -> tuple[str, ...]:
        """KEYS of `lua/apply.lua`."""
        state = (META, self.stock, self.holds, self.deadlines, self.finished, *self.remembered, self.events)
        return (*state, *self.limits, self.capacity, self.transfers)

    @property
    def of_flushed(self) -> tuple[str, ...]:
        """KEYS of `lua/flushed.lua`."""
        return (META, self.holds, self.finished, self.events, *self.remembered, self.capacity)
