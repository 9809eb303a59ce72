"""MailSend against a real SMTP server."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from builder.errors import TaskFailure
from builder.tasks.mail.mail_send import MailSend
from builder.tasks.testing import FakeContext, run_task
from tests.doubles.patience import PATIENCE_SECONDS


class Mailbox:
    """Keeps what it gets; refuses recipients named nobody."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.secured: list[bool] = []

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.secured.append(session.ssl is not None)
        return "250 kept"

    def mail(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(cast(bytes, self.envelopes[-1].content), policy=policy.default))


def _login(server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
    right = isinstance(credentials, LoginPassword) and credentials == LoginPassword(b"bot", b"pw")
    return AuthResult(success=right, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return _server_side(path)


def _server_side(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def serving(box: Mailbox, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop, hostname="test", **options), "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def send(port: int, context: FakeContext | None = None, **written: Any) -> None:
    plain = {
        "host": "localhost",
        "port": port,
        "from": "Bot <bot@example.com>",
        "to": "ann@example.com",
        "subject": "Daily",
        "transportStrategy": "SMTP",
        "verifyServerIdentity": False,
    }
    await run_task(MailSend, {**plain, **written}, context)


async def test_it_sends_text_and_html_to_everyone() -> None:
    box = Mailbox()
    async with serving(box) as port:
        await send(
            port,
            to=["ann@example.com", "Bob <bob@example.com>"],
            cc="c@example.com, d@example.com",
            bcc="e@example.com",
            htmlTextContent="<p>héllo</p>",
            plainTextContent="hello",
        )
    assert box.envelopes[0].mail_from == "bot@example.com"
    assert box.envelopes[0].rcpt_tos == [f"{who}@example.com" for who in ("ann", "bob", "c", "d", "e")]
    mail = box.mail()
    assert (mail["From"], mail["Cc"], mail["Bcc"]) == ("Bot <bot@example.com>", "c@example.com, d@example.com", None)
    assert [part.get_content().strip() for part in mail.iter_parts()] == ["hello", "<p>héllo</p>"]


async def test_a_mail_may_be_html_alone() -> None:
    box = Mailbox()
    async with serving(box) as port:
        await send(port, htmlTextContent="<b>x</b>")
    assert (box.mail().get_content_type(), box.mail().get_content().strip()) == ("text/html", "<b>x</b>")


async def test_it_attaches_files_of_the_execution() -> None:
    box, context = Mailbox(), FakeContext()
    uri = await context.files.put("prices.csv", b"1,2")
    async with serving(box) as port:
        await send(port, context, plainTextContent="see", attachments=[{"uri": uri}])
    (attachment,) = box.mail().iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("prices.csv", "text/csv")


async def test_each_attempt_sends_the_same_message_id() -> None:
    box = Mailbox()
    async with serving(box) as port:
        await send(port)
        await send(port)
    assert len({envelope.content.split(b"Message-ID: ")[1].split()[0] for envelope in box.envelopes}) == 1  # type: ignore[union-attr]


async def test_it_speaks_tls_after_starttls(certificate: ssl.SSLContext) -> None:
    box = Mailbox()
    async with serving(box, tls_context=certificate, require_starttls=True) as port:
        await send(port, transportStrategy="SMTP_TLS")
    assert box.secured == [True]


async def test_it_speaks_tls_from_the_start(certificate: ssl.SSLContext) -> None:
    box = Mailbox()
    async with serving(box, certificate) as port:
        await send(port, transportStrategy="SMTPS")
    assert len(box.envelopes) == 1


async def test_it_signs_in(certificate: ssl.SSLContext) -> None:
    box, context = Mailbox(), FakeContext()
    async with serving(box, tls_context=certificate, authenticator=_login, auth_required=True) as port:
        await send(port, context, transportStrategy="SMTP_TLS", username="bot", password="pw")
    assert len(box.envelopes) == 1
    assert context.masked == ["pw"]


async def test_a_wrong_password_is_said_plainly(certificate: ssl.SSLContext) -> None:
    async with serving(Mailbox(), tls_context=certificate, authenticator=_login) as port:
        with pytest.raises(TaskFailure, match="refused the username or password: 535"):
            await send(port, transportStrategy="SMTP_TLS", username="bot", password="wrong")


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: ssl.SSLContext) -> None:
    async with serving(Mailbox(), certificate) as port:
        with pytest.raises(TaskFailure, match="No secure connection"):
            await send(port, transportStrategy="SMTPS", verifyServerIdentity=True)


async def test_a_plain_server_where_tls_is_wanted_names_the_strategies() -> None:
    async with serving(Mailbox()) as port:
        with pytest.raises(TaskFailure, match=r"transportStrategy is SMTPS for port 465"):
            await send(port, transportStrategy="SMTPS", sessionTimeout=2000)


async def test_one_refused_recipient_is_a_warning_and_all_are_a_failure() -> None:
    box, context = Mailbox(), FakeContext()
    async with serving(box) as port:
        await send(port, context, to="ann@example.com, nobody@example.com")
        with pytest.raises(TaskFailure, match=r"accepted no recipient: nobody@example\.com \(550 no such mailbox\)"):
            await send(port, to="nobody@example.com")
    assert ("WARN", "localhost refused the recipient nobody@example.com: 550 no such mailbox") in context.logs


async def test_an_address_that_is_not_allowed_is_never_asked() -> None:
    context = FakeContext()
    context.http.refused.add("localhost")
    with pytest.raises(TaskFailure, match="not allowed"):
        await send(1, context)


async def test_a_cancelled_mail_does_not_wait_for_a_silent_server() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        with suppress(ConnectionError):
            await reader.read()
            writer.close()
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        sending = asyncio.create_task(send(server.sockets[0].getsockname()[1], sessionTimeout=60_000))
        await asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(gone.wait(), PATIENCE_SECONDS)


async def test_no_server_is_a_plain_sentence() -> None:
    with pytest.raises(TaskFailure, match=r"localhost:1 cannot be reached"):
        await send(1)


async def test_a_header_cannot_be_smuggled_in() -> None:
    box = Mailbox()
    async with serving(box) as port:
        await send(port, subject="Hi\nBcc: eve@example.com")
        with pytest.raises(TaskFailure, match="cannot be addressed"):
            await send(port, to="ann@example.com\nBcc: eve@example.com")
    assert box.mail()["Bcc"] is None
