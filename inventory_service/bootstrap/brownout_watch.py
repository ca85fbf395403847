"""Looks every second how full the stores are, and tells the door of its process what to refuse meanwhile."""

import structlog

from inventory_service.bootstrap.inspector import Inspector
from inventory_service.telemetry import requests
from inventory_service.usecases.fullness import backlog_share, memory_share, step_of
from inventory_service.web.admission import Admission

log = structlog.get_logger()

LOOK_S = 1.0


class BrownoutWatch:
    """`run_once` is a `Loop`. While Redis does not answer, what it said last holds."""

    def __init__(self, inspector: Inspector, admission: Admission) -> None:
        self._inspector = inspector
        self._admission = admission

    async def run_once(self) -> float:
        """Raises NotReady."""
        seen = await self._inspector.inspect()
        before = self._admission.brownout
        step = step_of(seen, before)
        self._admission.brownout = step
        requests.brownout.set(step)
        if step != before:
            tell = log.warning if step > before else log.info
            tell(
                "brownout.changed",
                step=step.name.lower(),
                before=before.name.lower(),
                backlog_share=round(backlog_share(seen), 3),
                memory_share=round(memory_share(seen), 3),
            )
        return LOOK_S
