"""Calls over HTTP in a process of their own: raw sockets, ready-made bytes, and no more reading than it takes.

`python -m loadtests.bench.generator` reads a Job and writes what it was told, both JSON.
"""

import asyncio
import gc
import re
import sys
import time
from array import array
from collections import Counter, deque
from typing import cast

import msgspec
import uvloop

from loadtests.bench.calls import CREATED, Job, Told

HOST = "127.0.0.1"
LOST = "connection lost"
TICK_SECONDS = 0.001  # what falls due within one goes out together
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def end_of(message: bytes | bytearray) -> int:
    """Where a message ends that was read so far; 0: more of it is to come. One that tells no length has no body."""
    head = message.find(_HEAD_END)
    if head < 0:
        return 0
    length = _LENGTH.search(message, 0, head)
    end = head + len(_HEAD_END) + (int(length[1]) if length else 0)
    return end if len(message) >= end else 0


class Caller(asyncio.Protocol):
    """A connection with one call at a time. `since`: when its call went out or should have; 0.0: it has none."""

    def __init__(self, generator: "Generator") -> None:
        self.since = 0.0
        self._generator = generator
        self._transport: asyncio.Transport
        self._answer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def call(self, since: float, request: bytes) -> None:
        self.since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if end_of(self._answer):
            answer, self._answer = self._answer, bytearray()
            self._generator.answered(self, answer)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's shape
        self._generator.lost(self)

    def hang_up(self) -> None:
        self._transport.abort()


class Generator:
    """Everybody who calls, for one job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = job.requests()
        self._idle: list[Caller] = []
        self._waiting: deque[float] = deque()  # due, and no connection is free
        self._done = 0
        self._wrong: Counter[str] = Counter()
        self._latencies = array("d")
        self._from = self._until = 0.0

    async def run(self) -> Told:
        """Raises OSError when nobody listens."""
        loop = asyncio.get_running_loop()
        for _ in range(self._job.connections):
            _, caller = await loop.create_connection(lambda: Caller(self), HOST, self._job.port)
            self._idle.append(caller)
        callers = list(self._idle)
        began = time.perf_counter()
        self._from = began + self._job.warm_up_seconds
        self._until = self._from + self._job.seconds
        if self._job.per_second:
            await self._fall_due(began)
        else:
            while self._idle:
                self._idle.pop().call(time.perf_counter(), next(self._requests))
            await asyncio.sleep(self._until - time.perf_counter())
        for caller in callers:
            caller.hang_up()
        return self._told()

    async def _fall_due(self, began: float) -> None:
        made = 0
        while (now := time.perf_counter()) < self._until:
            due = int((now - began) * self._job.per_second)
            self._waiting.extend(now for _ in range(made, due))
            made = due
            while self._idle and self._waiting:
                self._idle.pop().call(self._waiting.popleft(), next(self._requests))
            await asyncio.sleep(TICK_SECONDS)

    def answered(self, caller: Caller, answer: bytearray) -> None:
        now = time.perf_counter()
        if self._from <= now < self._until:
            self._latencies.append(now - caller.since)
            self._count(answer)
        caller.since = 0.0
        if now >= self._until:
            return
        if not self._job.per_second:
            caller.call(now, next(self._requests))
        elif self._waiting:
            caller.call(self._waiting.popleft(), next(self._requests))
        else:
            self._idle.append(caller)

    def lost(self, caller: Caller) -> None:
        """It is not opened again: a server that hangs up on a caller is not the one that was to be measured."""
        if time.perf_counter() < self._until:
            self._wrong[LOST] += self._job.operations if caller.since else 1
            self._idle = [each for each in self._idle if each is not caller]

    def _count(self, answer: bytearray) -> None:
        operations, status = self._job.operations, answer[9:12].decode(errors="replace")
        if operations == 1:
            done, otherwise = int(status == "201"), status
        elif status == "200":
            done, otherwise = answer.count(CREATED), "not 201 in a list"
        else:
            done, otherwise = 0, status
        self._done += done
        if done < operations:
            self._wrong[otherwise] += operations - done

    def _told(self) -> Told:
        sorted_ms = sorted(1000 * seconds for seconds in self._latencies) or [0.0]
        percentiles = (sorted_ms[len(sorted_ms) * percent // 100] for percent in (50, 99))
        return Told(self._job.seconds, self._done, dict(self._wrong), *percentiles)


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    gc.disable()  # it keeps next to nothing, and its pauses would be taken for the service's
    told = uvloop.run(Generator(job).run())
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main()
