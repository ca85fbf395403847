"""A server that answers every reserve alike and does nothing: what a generator reaches against it is its own ceiling.

`python -m loadtests.bench.constant --port N` prints `ready` once it listens.
"""

import asyncio
from functools import cache
from typing import Annotated, cast

import typer
import uvloop

from loadtests.bench.calls import CREATED
from loadtests.bench.generator import HOST, end_of

_LIST = b"POST /v1/batch "
_ORDER = b'"op"'
# As long as the service's own, so that the generator reads as much.
_RESERVATION = b'{"reservation_id":"%b","status":"held","lines":[]}' % (b"x" * 280)


def answer_to(request: bytes | bytearray) -> bytes:
    """201, or a list with as many as it has orders."""
    return _answer(request.count(_ORDER) if request.startswith(_LIST) else 0)


@cache
def _answer(orders: int) -> bytes:
    results = b",".join([b"{%b,%b}" % (CREATED, b'"body":' + _RESERVATION)] * orders)
    body = b'{"results":[%b]}' % results if orders else _RESERVATION
    status = b"200 OK" if orders else b"201 Created"
    return b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


class Constant(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._request = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def data_received(self, data: bytes) -> None:
        self._request += data
        if end_of(self._request):
            request, self._request = self._request, bytearray()
            self._transport.write(answer_to(request))


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Constant, HOST, port)
    typer.echo("ready")
    await server.serve_forever()


def main(port: Annotated[int, typer.Option()]) -> None:
    uvloop.run(serve(port))


if __name__ == "__main__":
    typer.run(main)
