"""A small SMTP server: it speaks, keeps what it is handed, refuses what it is told to, and may be slow."""

import asyncio
import base64
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

USER, PASSWORD = "notices", "a-password-of-the-office"


@dataclass
class PostOffice:
    """`mails`: envelope recipients and content; `said`: every command in its order, passwords left out."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    offers_starttls: bool = True
    unknown: set[str] = field(default_factory=set)
    full: bool = False
    farewell: str = "221 bye"  # "": it hangs up without one
    drips: bool = False  # answers byte by byte, and never ends a line
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dripping: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._converse(_Caller(reader, writer))
        writer.close()

    async def _converse(self, caller: "_Caller") -> None:
        if self.drips:
            await self._drip(caller)
        await caller.answer("220 post.example ESMTP")
        encrypted = caller.writer.get_extra_info("sslcontext") is not None
        recipients: list[str] = []
        while line := (await caller.reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            self.said.append("AUTH" if verb == "AUTH" else line)
            if verb == "EHLO":
                more = "250-STARTTLS\r\n" if self.offers_starttls and not encrypted else ""
                await caller.answer(f"250-post.example\r\n{more}250 AUTH PLAIN")
            elif verb == "STARTTLS" and self.tls:
                await caller.answer("220 go ahead")
                await caller.writer.start_tls(self.tls)
                encrypted = True
            elif verb == "AUTH":
                right = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
                good = encrypted and line.split(" ")[2] == right
                await caller.answer("235 welcome" if good else f"535 no such user: {line}")
            elif verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                recipients += [] if recipient in self.unknown else [recipient]
                await caller.answer("550 no such mailbox" if recipient in self.unknown else "250 ok")
            elif verb == "DATA":
                await self._take(caller, recipients)
            elif verb == "QUIT":
                if self.farewell:
                    await caller.answer(self.farewell)
                return
            else:
                await caller.answer("250 ok")

    async def _take(self, caller: "_Caller", recipients: list[str]) -> None:
        await caller.answer("354 go ahead")
        raw = await caller.reader.readuntil(b"\r\n.\r\n")
        if self.full:
            await caller.answer("452 4.3.1 out of space")
            return
        written = message_from_bytes(raw.removesuffix(b".\r\n"), policy=policy.default)
        self.mails.append((list(recipients), written))
        await caller.answer("250 2.0.0 queued as 4711")

    async def _drip(self, caller: "_Caller") -> None:
        caller.writer.write(b"220-")
        await caller.writer.drain()
        self.dripping.set()
        await caller.reader.read()  # until the other side lets go


@dataclass
class _Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, line: str) -> None:
        self.writer.write(f"{line}\r\n".encode())
        await self.writer.drain()


@asynccontextmanager
async def post_office(*, tls: ssl.SSLContext | None = None, at_once: bool = False) -> AsyncIterator[PostOffice]:
    """`at_once`: TLS from the first byte on, instead of by STARTTLS."""
    office = PostOffice(tls=tls)
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0, ssl=tls if at_once else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


def certificate(folder: Path) -> tuple[Path, Path]:
    """One for localhost that nobody else has signed, and its key."""
    paths = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-out", str(paths[0]), "-keyout", str(paths[1])],
        check=True, capture_output=True,
    )  # fmt: skip
    return paths
