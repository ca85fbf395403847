"""Puts a face without `await` on an asynchronous object, one line a method, signatures and types kept.

`reserve = blocking(InventoryClient.reserve)` in a class makes a method with the same parameters and the awaited
result: ParamSpec carries the signature, so mypy and editors see it, and there is no second copy to keep in step.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

DRAIN_SECONDS = 5.0  # calls in flight may end within; what is left is cut off
STOP_SECONDS = 2 * DRAIN_SECONDS

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)  # a face of the whole has the methods of each part
B = TypeVar("B")
F = TypeVar("F")
P = ParamSpec("P")
T = TypeVar("T")


class LoopThread:
    """An event loop in a daemon thread of its own, started by the first call. `at_end` is run in it last."""

    def __init__(self, at_end: Callable[[], Awaitable[None]]) -> None:
        self._at_end = at_end
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0
        self._stopping = asyncio.Event()
        self._closed = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, done in that loop. Whatever interrupts the waiting thread cancels it.

        Raises RuntimeError after `stop`, or in a process that was forked after the first call.
        """
        try:
            self._refuse_after_a_fork()
            with self._lock:
                future = asyncio.run_coroutine_threadsafe(work, self._running())
        except BaseException:
            work.close()
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the thread; safe to call from anywhere, and more than once."""
        if self._is_forked():
            return
        with self._lock:
            self._closed = True
            thread = self._thread
            if thread is None or self._loop is None or not thread.is_alive():
                return
            self._loop.call_soon_threadsafe(self._stopping.set)
        if thread is not threading.current_thread():
            thread.join(STOP_SECONDS)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise RuntimeError("this client is closed")
        if self._loop is None:
            self._pid = os.getpid()
            started = threading.Event()
            self._thread = threading.Thread(target=self._live, args=(started,), name="inventory-client", daemon=True)
            self._thread.start()
            started.wait()
        assert self._loop is not None  # noqa: S101  # set before `started`
        return self._loop

    def _is_forked(self) -> bool:
        """Whether the thread stayed behind in a parent process. Asked before the lock, which may have stayed locked."""
        return self._pid not in {0, os.getpid()}

    def _refuse_after_a_fork(self) -> None:
        if self._is_forked():
            raise RuntimeError("this client was used before the process was forked: make one in each process")

    def _live(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        started.set()
        await self._stopping.wait()
        if calls := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(calls, timeout=DRAIN_SECONDS)
        await self._at_end()


class Face(Generic[A_co]):
    """Of the asynchronous object `behind`. `owner`: the face whose end ends the loop, so it is kept meanwhile."""

    def __init__(self, behind: A_co, loop: LoopThread, owner: object = None) -> None:
        self._behind = behind
        self._loop = loop
        self._owner = owner


def blocking(
    method: Callable[Concatenate[A, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Face[A], P], T]:
    """The method of a face that does what `method` does, and waits for it."""

    @wraps(method)
    def call(face: Face[A], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return face._loop.run(method(face._behind, *args, **kwargs))  # noqa: SLF001  # a method of Face

    return call


def facing(
    method: Callable[Concatenate[A, P], B], face_of: Callable[[B, LoopThread, object], F]
) -> Callable[Concatenate[Face[A], P], F]:
    """The method of a face whose result is asynchronous itself and gets a face of its own."""

    @wraps(method)
    def call(face: Face[A], /, *args: P.args, **kwargs: P.kwargs) -> F:
        return face_of(method(face._behind, *args, **kwargs), face._loop, face)  # noqa: SLF001  # a method of Face

    return call
