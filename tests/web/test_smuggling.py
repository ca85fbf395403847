"""Where does a request end? One that a proxy could answer differently is refused, and nothing behind it is read.

Behind each request stands a second one, the stowaway: if the service ever sees it where a proxy saw none, one caller's
bytes have become another caller's request. Of the parser of the aiohttp that is locked.
"""

import re
import subprocess
import sys

import pytest

from inventory_service.web.server import has_c_parser
from tests.acceptance.service import REPOSITORY
from tests.web.fakes import ADMIN_KEY
from tests.web.running import Web

KEY = f"Authorization: Bearer {ADMIN_KEY}\r\nContent-Type: application/json\r\n".encode()
POST = b"POST /v1/reservations HTTP/1.1\r\nHost: x\r\n" + KEY
GET = b"GET /v1/stock/A HTTP/1.1\r\nHost: x\r\n" + KEY
BODY = b'{"lines":[{"sku":"A","quantity":1}],"reservation_id":"r"}'
LENGTH = b"%d" % len(BODY)
SIZE = b"%x" % len(BODY)
STOWAWAY = b"GET /v1/stock/STOWAWAY HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n"
CHUNKS = SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def sized(*lines: bytes) -> bytes:
    """A reserve with these header lines and its body."""
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + BODY


def coded(*lines: bytes) -> bytes:
    """The same in chunks."""
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + CHUNKS


def in_chunks(text: bytes) -> bytes:
    return CHUNKED + text


REFUSED = {
    "both lengths": coded(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "both lengths, the other way": coded(b"Transfer-Encoding: chunked", b"Content-Length: " + LENGTH),
    "the length twice": sized(b"Content-Length: " + LENGTH, b"Content-Length: " + LENGTH),
    "two lengths": sized(b"Content-Length: 0", b"Content-Length: " + LENGTH),
    "a list of lengths": sized(b"Content-Length: " + LENGTH + b", " + LENGTH),
    "a sign": sized(b"Content-Length: +" + LENGTH),
    "a minus": sized(b"Content-Length: -1"),
    "hexadecimal": sized(b"Content-Length: 0x39"),
    "an underscore": sized(b"Content-Length: 5_7"),
    "a blank inside": sized(b"Content-Length: 5 7"),
    "no number": sized(b"Content-Length: "),
    "a number too large": sized(b"Content-Length: 99999999999999999999999"),
    "a blank before the colon": sized(b"Content-Length : " + LENGTH),
    "a coding, blank before the colon": coded(b"Transfer-Encoding : chunked"),
    "a coding, tab before the colon": coded(b"Transfer-Encoding\t: chunked"),
    "a coding nobody knows": coded(b"Transfer-Encoding: xchunked"),
    "identity": coded(b"Transfer-Encoding: identity"),
    "chunked is not the last": coded(b"Transfer-Encoding: chunked, identity"),
    "a coding that is not undone": coded(b"Transfer-Encoding: gzip, chunked"),
    "two codings": coded(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
    "the coding twice": coded(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "a vertical tab": coded(b"Transfer-Encoding: \x0bchunked"),
    "a quoted coding": coded(b'Transfer-Encoding: "chunked"'),
    "an empty coding": coded(b"Transfer-Encoding: "),
    "chunks in HTTP/1.0": b"POST /v1/reservations HTTP/1.0\r\nConnection: keep-alive\r\n"
    + KEY
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + CHUNKS,
    "a folded coding": coded(b"Transfer-Encoding:\r\n chunked"),
    "a folded header": sized(b"X-A: 1\r\n 2", b"Content-Length: " + LENGTH),
    "a folded first header": b"POST /v1/reservations HTTP/1.1\r\n Host: x\r\n" + KEY + b"\r\n",
    "bare LF everywhere": sized(b"Content-Length: " + LENGTH).replace(b"\r\n", b"\n"),
    "bare LF hides a coding": coded(b"X: a\nTransfer-Encoding: chunked"),
    "bare CR hides a coding": coded(b"X: a\rTransfer-Encoding: chunked"),
    "CR CR LF": sized(b"X: a\r", b"Content-Length: " + LENGTH),
    "NUL in a value": sized(b"X: a\x00b", b"Content-Length: " + LENGTH),
    "NUL in a name": sized(b"X\x00: a", b"Content-Length: " + LENGTH),
    "a name with a blank": sized(b"Content Length: 5"),
    "a name with an umlaut": sized("Cöntent-Length: 5".encode()),
    "no name": sized(b": x"),
    "no colon": sized(b"Content-Length"),
    "LF behind a chunk's extension": in_chunks(SIZE + b";\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk of 2^64": in_chunks(b"10000000000000000\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk that wraps around": in_chunks(b"ffffffffffffffff" + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk with 0x": in_chunks(b"0x" + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk with a sign": in_chunks(b"+" + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a negative chunk": in_chunks(b"-1\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk with an underscore": in_chunks(b"3_9\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk with a blank": in_chunks(SIZE + b" \r\n" + BODY + b"\r\n0\r\n\r\n"),
    "no line end behind a chunk": in_chunks(SIZE + b"\r\n" + BODY + b"XX0\r\n\r\n"),
    "chunks with bare LF": in_chunks(SIZE + b"\n" + BODY + b"\n0\n\n"),
    "a length among the trailers": in_chunks(SIZE + b"\r\n" + BODY + b"\r\n0\r\nContent-Length: 50\r\n\r\n"),
    "more body than its length": sized(b"Content-Length: 5"),
    "a body where none is said": sized(b"Content-Length: 0"),
    "behind a close": sized(b"Connection: close", b"Content-Length: " + LENGTH),
    "no slash": GET.replace(b"/v1/stock/A", b"v1/stock/A") + b"\r\n",
    "a blank in the target": GET.replace(b"/v1/stock/A", b"/v1/stock/A B") + b"\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "HTTP/1.10": GET.replace(b"HTTP/1.1", b"HTTP/1.10") + b"\r\n",
    "HTTP/0.9": b"GET /v1/stock/A\r\n",
    "http in small letters": GET.replace(b"HTTP/1.1", b"http/1.1") + b"\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a blank in front": b" " + GET + b"\r\n",
}
# Understood as everybody does, and the end of the connection: what comes behind is nobody's request.
LAST = {
    "an upgrade": (GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b" 200 "),
    "an upgrade to HTTP/2": (
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        b" 200 ",
    ),
    "an upgrade with a body": (
        sized(b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: " + LENGTH),
        b" 201 ",
    ),
    "an upgrade with chunks": (
        coded(b"Connection: Upgrade", b"Upgrade: websocket", b"Transfer-Encoding: chunked"),
        b" 201 ",
    ),
    "a tunnel": (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n", b" 404 "),
}
# Odd, and there is one way to read it: a body in its length, then the next request.
PLAIN = {
    "blanks around the length": sized(b"Content-Length:  " + LENGTH + b" \t"),
    "chunked in capitals": coded(b"transfer-encoding: CHUNKED"),
    "an extension of a chunk": in_chunks(SIZE + b";a=b\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a long extension of a chunk": in_chunks(SIZE + b";" + b"a" * 20_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "zeros in front of a chunk's size": in_chunks(b"0" * 40 + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "the length is named by Connection": sized(b"Connection: Content-Length", b"Content-Length: " + LENGTH),
    "lines in front": b"\r\n\r\n" + sized(b"Content-Length: " + LENGTH),
    "the whole URL, of another host": sized(b"Content-Length: " + LENGTH).replace(b"/v1", b"http://other/v1"),
}


def statuses(response: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.[01] (\d{3}) ", response)


def test_the_parser_is_the_one_in_c() -> None:
    """The one in Python took bytes that no proxy takes, until 3.14.4 and likely again."""
    assert has_c_parser()


def test_without_it_nothing_starts() -> None:
    environment = {
        "AIOHTTP_NO_EXTENSIONS": "1",
        "INVENTORY_REDIS_URL": "redis://127.0.0.1:1",
        "INVENTORY_DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "INVENTORY_WORKERS": "1",
    }
    started = subprocess.run(
        [sys.executable, "-m", "inventory_service", "api"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert started.returncode != 0
    assert "AIOHTTP_NO_EXTENSIONS: " in started.stderr


@pytest.mark.parametrize("pieces", [1, 2], ids=["at once", "in pieces"])
@pytest.mark.parametrize("case", REFUSED)
async def test_a_doubtful_end_is_refused_and_ends_the_connection(web: Web, case: str, pieces: int) -> None:
    request = REFUSED[case] + STOWAWAY
    middle = len(request) // 2 if pieces == 2 else len(request)
    response = await web.raw(request[:middle], request[middle:])
    assert statuses(response) == [b"400"], response
    assert not web.cases.asked


@pytest.mark.parametrize("case", LAST)
async def test_nothing_is_read_behind_what_may_not_be_http_any_more(web: Web, case: str) -> None:
    request, status = LAST[case]
    response = await web.raw(request + STOWAWAY)
    assert len(statuses(response)) == 1
    assert status in response[:20]
    assert b"STOWAWAY" not in repr(web.cases.asked).encode()


@pytest.mark.parametrize("case", PLAIN)
async def test_what_is_odd_but_plain_keeps_its_place(web: Web, case: str) -> None:
    closing = STOWAWAY.replace(b"Host: x", b"Host: x\r\nConnection: close")
    response = await web.raw(PLAIN[case] + closing)
    assert statuses(response) == [b"201", b"200"]
    assert [asked[0] for asked in web.cases.asked] == ["reserve", "one"]
