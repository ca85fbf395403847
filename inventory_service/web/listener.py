"""The listening sockets, accepted from by hand: asyncio's own server drops what it has accepted when it is closed."""

import asyncio
import ctypes
import socket
import struct
from collections.abc import Callable

import structlog

log = structlog.get_logger()

BACKLOG = 1024
ACCEPTED_MAX = 64  # in one go: between two the bound on connections makes room
# While it is busy, 200 a second: a connection takes 200 µs, and a crowd on new ones would take all of it. The rest
# waits in the kernel's queue, where it costs nothing.
BUSY_ACCEPTED_MAX = 4
BUSY_PAUSE_SECONDS = 0.02
OUT_OF_FILES_PAUSE_SECONDS = 0.1

_SO_ATTACH_FILTER = 26  # Linux; the socket module does not name it
_DROP_EVERYTHING = struct.pack("HBBI", 0x06, 0, 0, 0)  # one BPF instruction: return 0 bytes of the packet


class Listener:
    """Listens on an address; several processes may share it (SO_REUSEPORT)."""

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol], is_busy: Callable[[], bool]) -> None:
        self._make_protocol = make_protocol
        self._is_busy = is_busy
        self._sockets: list[socket.socket] = []
        self._connecting: set[asyncio.Task[object]] = set()

    async def open(self, host: str, port: int) -> int:
        """Bind and accept; returns the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            listening = _listen(family, (address[0], port, *address[2:]))
            port = listening.getsockname()[1]  # where any port will do, one for all addresses
            self._sockets.append(listening)
            loop.add_reader(listening, self._accept, listening)
        return port

    async def close(self) -> None:
        """Stop without losing a connection: refuse new ones first, then take in all that the kernel has accepted."""
        loop = asyncio.get_running_loop()
        for listening in self._sockets:
            _refuse(listening)
            loop.remove_reader(listening)
            self._accept_some(listening, 2 * BACKLOG)
            listening.close()
        self._sockets.clear()
        if self._connecting:
            await asyncio.wait(self._connecting)

    def _accept(self, listening: socket.socket) -> None:
        if not self._is_busy():
            self._accept_some(listening, ACCEPTED_MAX)
            return
        self._accept_some(listening, BUSY_ACCEPTED_MAX)
        self._pause(listening, BUSY_PAUSE_SECONDS)

    def _pause(self, listening: socket.socket, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)
        loop.call_later(seconds, self._resume, listening)

    def _accept_some(self, listening: socket.socket, most: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(most):
            try:
                accepted, _ = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                log.warning("listener.cannot_accept", error=str(error))
                self._pause(listening, OUT_OF_FILES_PAUSE_SECONDS)
                return
            accepted.setblocking(False)
            task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(self._make_protocol, accepted))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    def _resume(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            asyncio.get_running_loop().add_reader(listening, self._accept, listening)


def _listen(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _refuse(listening: socket.socket) -> None:
    """Let the kernel drop what arrives: a caller tries again and finds another process, or nobody.

    Otherwise one that comes in between our last accept and the close is connected, and then reset.
    """
    program = ctypes.create_string_buffer(_DROP_EVERYTHING, len(_DROP_EVERYTHING))
    try:
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))
    except OSError:
        return  # not Linux: the moment is a few microseconds long
