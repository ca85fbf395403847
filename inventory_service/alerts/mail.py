"""E-mail by SMTP. The standard library's client blocks, so each message has a thread, and an end."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated, Literal

from msgspec import Meta

from inventory_service.alerts.sink_settings import SinkSettings
from inventory_service.alerts.text import text, title
from inventory_service.domain.notices import Notice, Severity
from inventory_service.usecases.notice_ports import Limit, SinkFailed

TIMEOUT_S = 15.0  # of each step
MESSAGE_S = 60.0  # of all of them
LET_GO_S = 0.2  # a thread that is just connecting has no connection to end yet
LET_GO_TRIES = 10
OK = 250

# No more than the standard library writes into a header: what it refuses would fail at every notice.
_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", "[A-Za-z0-9-]+"
Mailbox = Annotated[str, Meta(pattern=rf"\A{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\Z", max_length=254)]


class MailSettings(SinkSettings, frozen=True, kw_only=True, tag="smtp"):
    """The responsible person's own address is written to besides `recipients`."""

    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]+$", max_length=255)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "plain"] = "starttls"
    user: str = ""
    password: str = ""
    sender: Mailbox
    recipients: Annotated[Sequence[Mailbox], Meta(min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password belong together")
        if self.password and self.security == "plain":
            raise ValueError("a password needs security starttls or tls")
        if not self.password.isascii() or not self.user.isascii():
            raise ValueError("user and password are ASCII in SMTP")

    def open(self, zone: tzinfo) -> "MailSink":
        return MailSink(self, zone)


class MailSink:
    limits: Sequence[Limit] = (Limit(20, 60_000),)  # servers of offices count too, and nobody reads more

    def __init__(self, settings: MailSettings, zone: tzinfo) -> None:
        self._settings = settings
        self._zone = zone

    async def send(self, notice: Notice) -> str:
        written = message(notice, self._settings, self._zone)
        conversation = Conversation(self._settings)
        thread = asyncio.create_task(asyncio.to_thread(conversation.run, written))
        try:
            async with asyncio.timeout(MESSAGE_S):
                return await asyncio.shield(thread)
        except TimeoutError:
            raise SinkFailed(f"not done within {MESSAGE_S:g} s") from None
        finally:
            for _ in range(LET_GO_TRIES):
                if not thread.done():
                    conversation.end()
                    await asyncio.wait({thread}, timeout=LET_GO_S)
            thread.add_done_callback(lambda done: done.exception())  # nobody else asks for it any more

    async def close(self) -> None:
        """Every message has a connection of its own."""


Keep = Callable[[smtplib.SMTP], None]


class Plain(smtplib.SMTP):
    """`keep` gets the client before it connects, since a server may be slow from its first byte on."""

    def __init__(self, keep: Keep, host: str, port: int) -> None:
        keep(self)
        super().__init__(host, port, timeout=TIMEOUT_S)


class Encrypted(smtplib.SMTP_SSL):
    def __init__(self, keep: Keep, host: str, port: int) -> None:
        keep(self)
        super().__init__(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())


class Conversation:
    """One message to one server. `end` makes a server that answers byte by byte let go of the thread."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._client: smtplib.SMTP | None = None

    def run(self, written: EmailMessage) -> str:
        """The server's answer to the message. Raises SinkFailed."""
        try:
            client = self._connected()
            try:
                self._introduce(client)
                return self._hand_over(client, written)
            finally:
                _part(client)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise SinkFailed(self._shown(error)) from None

    def end(self) -> None:
        connection = self._client.sock if self._client is not None else None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _connected(self) -> smtplib.SMTP:
        client = Encrypted if self._settings.security == "tls" else Plain
        return client(self._keep, self._settings.host, self._settings.port)

    def _keep(self, client: smtplib.SMTP) -> None:
        self._client = client

    def _introduce(self, client: smtplib.SMTP) -> None:
        """Encrypted as asked for, or not at all."""
        if self._settings.security == "starttls":
            client.starttls(context=ssl.create_default_context())
        if self._settings.password:
            client.login(self._settings.user, self._settings.password)

    def _hand_over(self, client: smtplib.SMTP, written: EmailMessage) -> str:
        """Taken for at least one recipient: a repeat would reach that one twice, and the others no better."""
        client.ehlo_or_helo_if_needed()
        _taken(client.mail(self._settings.sender))
        refused = {}
        recipients = [address.addr_spec for address in written["To"].addresses]
        for recipient in recipients:
            code, told = client.rcpt(recipient)
            if code not in {OK, 251}:
                refused[recipient] = f"{code} {told.decode(errors='replace')}"
        if len(refused) == len(recipients):
            raise SinkFailed(f"every recipient is refused: {refused}")
        code, told = client.data(written.as_bytes())
        _taken((code, told))
        return f"{code} {told.decode(errors='replace')}" + (f"; refused: {refused}" if refused else "")

    def _shown(self, error: Exception) -> str:
        told = str(error) or type(error).__name__
        return told.replace(self._settings.password, "***") if self._settings.password else told


def _part(client: smtplib.SMTP) -> None:
    """Whatever it says to that: a mail that was taken, and counted as a failure, would be sent again."""
    with suppress(smtplib.SMTPException, OSError):
        client.docmd("QUIT")
    client.close()


def _taken(answer: tuple[int, bytes]) -> None:
    code, told = answer
    if code != OK:
        raise SinkFailed(f"{code} {told.decode(errors='replace')}")


def message(notice: Notice, settings: MailSettings, zone: tzinfo) -> EmailMessage:
    """A repeat has the same Message-ID, so that mailboxes show it once."""
    written = EmailMessage(policy=SMTP)
    own = [notice.person.email] if notice.person.email else []
    written["From"] = Address(addr_spec=settings.sender)
    written["To"] = [Address(addr_spec=each) for each in dict.fromkeys([*settings.recipients, *own])]
    written["Subject"] = title(notice, settings.language)
    written["Date"] = datetime.fromtimestamp(notice.written_ms // 1000, UTC)
    written["Message-ID"] = f"<{notice.notice_id}.{notice.written_ms}@{settings.sender.rpartition('@')[2]}>"
    written["Auto-Submitted"] = "auto-generated"
    if notice.severity == Severity.CRITICAL:
        written["X-Priority"] = "1"
    written.set_content(text(notice, settings.language, zone), cte="base64")
    return written
