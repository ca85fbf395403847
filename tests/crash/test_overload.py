"""A store that stands still: the queue grows, and the door closes for the less urgent first."""

import asyncio
import os
import signal
from collections.abc import Awaitable

from tests.acceptance.client import Answer
from tests.acceptance.processes import recorded_pids
from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.crash.test_kill import BACK_SECONDS, is_server


async def test_the_less_urgent_is_refused_first_and_a_confirm_never(service: RunningService, shop: Shop) -> None:
    """Callers come all the time and nobody waits for another, so that each class is refused as soon as it may be."""
    await shop.stocked(1000)
    held = await shop.held()
    (redis,) = [pid for pid in recorded_pids(service.data_dir) if is_server(pid, "redis")]
    refused: list[str] = []
    calls: list[asyncio.Task[None]] = []

    async def note(kind: str, call: Awaitable[Answer]) -> None:
        if at_the_door(await call) and kind not in refused:
            refused.append(kind)

    async def changes_are_refused() -> bool:
        for kind, call in (
            ("finish", shop.act(held, "confirm")),
            ("change", shop.reserve(shop.order())),
            ("read", shop.api.get(f"/v1/stock/{shop.sku()}")),
            ("list", shop.api.get("/v1/stock", {"limit": "1"})),
        ):
            calls.append(asyncio.create_task(note(kind, call)))
        return "change" in refused

    os.kill(redis, signal.SIGSTOP)
    try:
        await eventually(changes_are_refused, "new holds are refused")
    finally:
        os.kill(redis, signal.SIGCONT)
    await asyncio.gather(*calls)
    assert refused == ["list", "read", "change"]
    await eventually(lambda: asyncio.to_thread(service.ready), "ready again", BACK_SECONDS)
    assert (await shop.act(held, "confirm")).ok()["status"] == "confirmed"


def at_the_door(answer: Answer) -> bool:
    return answer.status == 503 and answer.body["detail"] == "More is asked for than can be done."
