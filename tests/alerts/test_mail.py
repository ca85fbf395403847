"""E-mail through a server of our own, encrypted and not."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inventory_service.alerts.mail import MailSettings, MailSink
from inventory_service.alerts.text import text
from inventory_service.usecases.notice_ports import SinkFailed
from tests.alerts.post_office import PASSWORD, USER, PostOffice, certificate, post_office
from tests.alerts.written import HOSTILE, notice

ZONE = ZoneInfo("Asia/Shanghai")
WAREHOUSE, LI = "warehouse@example.org", "li@example.org"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's side, and the file that makes a client believe it."""
    path, key = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return context, path


def sink(office: PostOffice, **changed: Any) -> MailSink:
    plain: dict[str, Any] = {"host": "localhost", "port": office.port, "security": "plain", "recipients": [WAREHOUSE]}
    return MailSink(MailSettings(**plain | {"sender": "stock@example.org"} | changed), ZONE)


async def failure(office: PostOffice, **changed: Any) -> str:
    with pytest.raises(SinkFailed) as caught:
        await sink(office, **changed).send(notice())
    return str(caught.value)


async def test_a_mail_reaches_its_recipients_and_the_responsible_person() -> None:
    async with post_office() as office:
        assert await sink(office).send(notice()) == "250 2.0.0 queued as 4711"
    ((recipients, written),) = office.mails
    assert recipients == [WAREHOUSE, LI]
    assert written["To"] == f"{WAREHOUSE}, {LI}"
    assert written["Subject"].startswith("[严重] 告警: 库存不足以交付已承诺的订单 (327) / [CRITICAL] Alarm")
    assert written["Message-ID"] == "<ntc_7.1793980860000@example.org>"
    assert written.get_content().splitlines() == text(notice(), "both", ZONE).splitlines()


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_it_logs_in_over_tls_alone(
    tls: tuple[ssl.SSLContext, Path], security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, path = tls
    account = {"security": security, "user": USER, "password": PASSWORD}
    async with post_office(tls=context, at_once=security == "tls") as office:
        assert "CERTIFICATE_VERIFY_FAILED" in await failure(office, **account)
        assert "AUTH" not in office.said
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        await sink(office, **account).send(notice())
        assert "AUTH" in office.said
        wrong = await failure(office, **account | {"password": "not-the-password"})
        assert "535" in wrong
        assert "not-the-password" not in wrong
    assert len(office.mails) == 1


async def test_it_never_goes_on_unencrypted() -> None:
    async with post_office() as office:
        office.offers_starttls = False
        assert "STARTTLS" in await failure(office, security="starttls", user=USER, password=PASSWORD)
    assert [line for line in office.said if not line.startswith(("ehlo", "QUIT"))] == []


async def test_some_recipients_are_enough_and_none_are_a_failure() -> None:
    async with post_office() as office:
        office.unknown = {WAREHOUSE}
        answer = await sink(office).send(notice())
        assert answer == f"250 2.0.0 queued as 4711; refused: {{'{WAREHOUSE}': '550 no such mailbox'}}"
        office.unknown = {WAREHOUSE, LI}
        assert (await failure(office)).startswith("every recipient is refused")
    assert [recipients for recipients, _ in office.mails] == [[LI]]


async def test_a_message_that_is_not_taken_is_a_failure() -> None:
    async with post_office() as office:
        office.full = True
        assert await failure(office) == "452 4.3.1 out of space"


async def test_a_server_that_goes_on_for_ever_is_let_go() -> None:
    async with post_office() as office:
        office.drips = True
        sending = asyncio.create_task(sink(office).send(notice()))
        await office.dripping.wait()
        sending.cancel()
        with suppress(asyncio.CancelledError, SinkFailed):
            await sending
        assert sending.done()


async def test_a_hostile_code_is_no_header() -> None:
    async with post_office() as office:
        await sink(office).send(HOSTILE)
    ((recipients, written),) = office.mails
    assert recipients == [WAREHOUSE, LI]
    assert written["Bcc"] is None
    assert "everybody@example.org" in written.get_content()


@pytest.mark.parametrize("farewell", ["421 too busy to part", "250 ok", ""])
async def test_a_mail_that_was_taken_is_sent_however_the_server_parts(farewell: str) -> None:
    """It would be sent again, and be there twice."""
    async with post_office() as office:
        office.farewell = farewell
        assert await sink(office).send(notice()) == "250 2.0.0 queued as 4711"
        office.full = True
        assert await failure(office) == "452 4.3.1 out of space"
    assert len(office.mails) == 1
