"""The one writer: keeps the gate open and the ledger following. Only one may run; a second one fences the first."""

import time

import structlog

from inventory_service.telemetry import books
from inventory_service.usecases.mend_deadlines import MendDeadlines
from inventory_service.usecases.open_gate import OpenGate
from inventory_service.usecases.persist_events import PersistEvents

log = structlog.get_logger()

# A server that restarted is closed until it was compared with the ledger: callers get 503 for about so long.
GATE_CHECK_S = 0.5
# When much is written, the next flush begins no sooner than so long after this one: each costs some 12 statements and
# two fsyncs on the disk that Redis waits for as well, however few events it has. Not where it is behind already.
PACE_S = 0.1
BUSY_EVENTS = range(64, 2_000)


class WriteBehind:
    """`run_once` is a `Loop`: it raises NotReady while a store is away, Fenced or Branched to end the process."""

    def __init__(self, gate: OpenGate, persist: PersistEvents, mend: MendDeadlines) -> None:
        self._gate = gate
        self._persist = persist
        self._mend = mend
        self._owns_ledger = False
        self._checked_s = 0.0

    async def run_once(self) -> float:
        """Commit what there is; reading the log waits for entries itself."""
        began_s = time.monotonic()
        if not self._owns_ledger:
            await self.take_over()
        elif time.monotonic() - self._checked_s > GATE_CHECK_S:
            await self._check_gate()
        events = await self._persist.run_once()
        return max(0.0, began_s + PACE_S - time.monotonic()) if events in BUSY_EVENTS else 0.0

    async def _check_gate(self) -> None:
        if not await self._gate.is_open():
            log.warning("gate.closed", reason="Redis restarted or was replaced, or its clock jumped")
            books.gate_open.set(0)
            self._owns_ledger = False
            await self.take_over()
        self._checked_s = time.monotonic()

    async def take_over(self) -> None:
        """Own the ledger and open the gate. Raises NotReady with the reason why it stays closed, Fenced."""
        position = await self._gate.run()
        self._persist.resume(position)
        await self._mend.run()
        self._owns_ledger = True
        self._checked_s = time.monotonic()
        books.gate_open.set(1)
        books.gate_openings.inc()
        log.info("gate.opened")
