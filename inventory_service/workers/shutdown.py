"""How a process is asked to end, and how a child tells its supervisor that it is ready."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import TypeVar

READY = b"ready\n"

T = TypeVar("T")


class Shutdown:
    """`requested`: finish what was begun, then end. `hurried` (asked a second time): end now."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.hurried = asyncio.Event()

    def request(self) -> None:
        if self.requested.is_set():
            self.hurried.set()
        self.requested.set()

    def listen(self) -> None:
        """Take SIGTERM, Ctrl-C and a closed terminal from here on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` means it
                loop.add_signal_handler(number, self.request)

    async def pause(self, seconds: float) -> bool:
        """Wait so long, or until the end is requested: then True."""
        return await happened_within(self.requested, seconds)


class SupervisorLink:
    """A child's end of the socket pair to its supervisor.

    The kernel closes the other end when the supervisor dies, however it dies: the child then drains and ends
    instead of holding the port and the ledger for nobody.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._told = False

    def watch(self, shutdown: Shutdown) -> None:
        """Request the shutdown once the supervisor is gone. Without a supervisor nothing is watched."""
        if self._descriptor is None:
            return
        descriptor = self._descriptor

        def gone() -> None:
            asyncio.get_running_loop().remove_reader(descriptor)
            shutdown.request()

        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, gone)

    def tell_ready(self) -> None:
        """Once; repeating it says nothing new."""
        if self._descriptor is None or self._told:
            return
        self._told = True
        try:
            os.write(self._descriptor, READY)
        except OSError:
            return  # the supervisor died meanwhile: `watch` sees that


async def happened_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether `event` is set, having waited for it at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def until(event: asyncio.Event, work: Coroutine[object, object, T]) -> T | None:
    """The result of `work`, or None with `work` cancelled when `event` is set first."""
    task, waiting = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        waiting.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
