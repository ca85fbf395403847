"""The supervisor: starts the processes, restarts those that die, ends them in order.

It holds no state that a start would miss: kill it, and its children end by themselves (`SupervisorLink`).
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from inventory_service.workers.shutdown import READY, Shutdown, until

log = structlog.get_logger()

BACK_OFF_FIRST_S = 0.1
BACK_OFF_MAX_S = 10.0
HEALTHY_S = 30.0  # a child that lived so long starts again without waiting
ATTEMPTS_BEFORE_READY = 5  # a child that never was ready so often has a cause that restarting does not cure
KILL_AFTER_HURRY_S = 2.0


class GaveUp(Exception):
    """A child kept dying before it was ever ready."""


@dataclass(slots=True)
class Child:
    """One place in the service, whoever fills it at the moment."""

    name: str
    command: Sequence[str]  # `--supervisor-fd N` is added
    grace_s: float  # how long it may take to end after SIGTERM
    environment: Mapping[str, str] = field(default_factory=dict)  # beside the supervisor's
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    attempts: int = 0
    spawning: asyncio.Lock = field(default_factory=asyncio.Lock)  # so that none starts behind its end


class Supervisor:
    """Runs stages of children. The first stage starts first and ends last."""

    def __init__(self, stages: Sequence[Sequence[Child]], environment: Mapping[str, str]) -> None:
        self._stages = stages
        self._environment = dict(environment)
        self._ending: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, shutdown: Shutdown) -> bool:
        """Start everything and wait until all of it has been ready; False when the end was requested before.

        Raises GaveUp.
        """
        for child in self._children():
            self._tasks.append(asyncio.create_task(self._keep_running(child), name=child.name))

        return await until(shutdown.requested, self._or_failure(self._all_ready())) is not None

    async def run(self, shutdown: Shutdown) -> None:
        """Stay until the end is requested. Raises GaveUp."""
        await until(shutdown.requested, self._or_failure(asyncio.Event().wait()))

    async def stop(self, shutdown: Shutdown) -> bool:
        """End the stages, last one first; True when every child ended by itself and with 0."""
        clean = True
        for stage in reversed(self._stages):
            ended = await asyncio.gather(*(self._end(child, shutdown) for child in stage))
            clean = clean and all(ended)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return clean

    def _children(self) -> list[Child]:
        return [child for stage in self._stages for child in stage]

    async def _all_ready(self) -> bool:
        for child in self._children():
            await child.ready.wait()
        return True

    async def _or_failure(self, work: Coroutine[object, object, bool]) -> bool:
        """Wait for `work`, or for the first child that cannot be kept running: its error is raised."""
        task = asyncio.create_task(work)
        try:
            done, _ = await asyncio.wait({task, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
            return True
        finally:
            task.cancel()

    async def _keep_running(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        back_off_s = BACK_OFF_FIRST_S
        while child.name not in self._ending:
            started = loop.time()
            try:
                end: object = await self._run_once(child)
            except OSError as error:  # no process or file to be had at the moment, or the program is being replaced
                end = str(error)
            if child.name in self._ending:
                return
            if not child.ready.is_set() and child.attempts >= ATTEMPTS_BEFORE_READY:
                raise GaveUp(f"{child.name} ended {child.attempts} times before it was ready (exit status {end})")
            back_off_s = BACK_OFF_FIRST_S if loop.time() - started > HEALTHY_S else min(back_off_s * 2, BACK_OFF_MAX_S)
            log.error("child.died", child=child.name, exit_status=end, restart_in_s=back_off_s)
            await asyncio.sleep(back_off_s)

    async def _run_once(self, child: Child) -> int:
        """Start the child, and wait until it has ended. Returns its exit status (minus a signal's number)."""
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            with theirs:
                async with child.spawning:
                    if child.name in self._ending:
                        return 0
                    process = await self._spawn(child, theirs.fileno())
            listening = asyncio.create_task(self._listen(child, ours))
            try:
                return await process.wait()
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _spawn(self, child: Child, descriptor: int) -> asyncio.subprocess.Process:
        child.attempts += 1
        child.process = await asyncio.create_subprocess_exec(
            *child.command,
            "--supervisor-fd",
            str(descriptor),
            pass_fds=(descriptor,),
            env={**self._environment, **child.environment},
            # Its own session: a Ctrl-C in the terminal reaches the supervisor alone, which ends the rest in order.
            start_new_session=True,
        )
        log.info("child.started", child=child.name, pid=child.process.pid)
        return child.process

    async def _listen(self, child: Child, ours: socket.socket) -> None:
        if await asyncio.get_running_loop().sock_recv(ours, len(READY)) == READY:
            log.info("child.ready", child=child.name)
            child.ready.set()

    async def _end(self, child: Child, shutdown: Shutdown) -> bool:
        """SIGTERM; after the grace, or soon when hurried, SIGKILL."""
        async with child.spawning:
            self._ending.add(child.name)
        process = child.process
        if process is None or process.returncode is not None:
            return True
        _send(process, signal.SIGTERM)
        if not await _ended_within(process, child.grace_s, shutdown.hurried):
            _send(process, signal.SIGTERM)
            if not await _ended_within(process, KILL_AFTER_HURRY_S, asyncio.Event()):
                log.error("child.killed", child=child.name)
                _send(process, signal.SIGKILL)
        # One that was still being imported ends by the signal itself: it had begun nothing.
        return await process.wait() in (0, -signal.SIGTERM)


async def _ended_within(process: asyncio.subprocess.Process, seconds: float, cut: asyncio.Event) -> bool:
    """Whether it ended in that time, or before `cut` was set."""
    ended, hurried = asyncio.create_task(process.wait()), asyncio.create_task(cut.wait())
    try:
        await asyncio.wait({ended, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return ended.done()
    finally:
        ended.cancel()
        hurried.cancel()


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
