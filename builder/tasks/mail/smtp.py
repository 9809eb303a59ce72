"""One conversation with an SMTP server, over an address that was checked; blocking, so it belongs in a thread."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from builder.tasks.api import TaskFailure

Strategy = Literal["SMTP", "SMTPS", "SMTP_TLS"]


@dataclass
class Delivery:
    """Where and how to send. `cut` ends a conversation from another thread."""

    host: str
    port: int
    address: str
    """The number to connect to for `host`."""
    strategy: Strategy
    timeout_seconds: float
    username: str = ""
    password: str = ""
    verify: bool = True
    _client: smtplib.SMTP | None = None
    _socket: socket.socket | None = None
    _is_cut: bool = False

    def send(self, message: EmailMessage, sender: str, recipients: list[str]) -> dict[str, str]:
        """Sends a mail; gives the recipients that were refused, with the reason, when others were accepted."""
        with self._failures(), self._connected() as client:
            if self.username:
                client.login(self.username, self.password)
            refused = client.send_message(message, sender, recipients)
        return {who: _reason(code, text) for who, (code, text) in refused.items()}

    def cut(self) -> None:
        """Shuts the connection, so that a thread that waits for the server goes on at once."""
        self._is_cut = True
        self._shut()

    def _opened(self, connection: socket.socket) -> None:
        """A connection that opens just while it is cut must not wait for the server either."""
        self._socket = connection
        if self._is_cut:
            self._shut()

    def _shut(self) -> None:
        """The bare connection is spent once TLS has taken it over; then it is the client's."""
        for connection in (self._socket, self._client.sock if self._client else None):
            if connection is not None:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        kind = _SecureSmtp if self.strategy == "SMTPS" else _PlainSmtp
        client = self._client = kind(self.address, self.timeout_seconds, self._tls(), self._opened)
        try:
            _greeted(*client.connect(self.host, self.port))
            client.ehlo()
            if self.strategy == "SMTP_TLS" or (self.strategy == "SMTP" and client.has_extn("starttls")):
                client.starttls(context=self._tls())
                client.ehlo()
            yield client
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()
        finally:
            client.close()

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @contextmanager
    def _failures(self) -> Iterator[None]:
        where = f"{self.host}:{self.port}"
        try:
            yield
        except smtplib.SMTPAuthenticationError as error:
            said = _reason(error.smtp_code, error.smtp_error)
            raise TaskFailure(f"{where} refused the username or password: {said}.", retryable=False) from error
        except smtplib.SMTPRecipientsRefused as error:
            refused = "; ".join(f"{who} ({_reason(*answer)})" for who, answer in error.recipients.items())
            raise TaskFailure(f"{where} accepted no recipient: {refused}.") from error
        except smtplib.SMTPResponseException as error:
            raise TaskFailure(f"{where} refused the mail: {_reason(error.smtp_code, error.smtp_error)}.") from error
        except smtplib.SMTPNotSupportedError as error:
            raise TaskFailure(f"{where} cannot do what is needed: {error} Try another transportStrategy.") from error
        except ssl.SSLError as error:
            raise TaskFailure(
                f"No secure connection with {where}: {error.reason or error}. "
                "transportStrategy is SMTPS for port 465, SMTP_TLS for 587, SMTP for 25."
            ) from error
        except TimeoutError as error:
            raise TaskFailure(f"{where} did not answer within {self.timeout_seconds:g} s (sessionTimeout).") from error
        except (smtplib.SMTPException, OSError) as error:
            raise TaskFailure(f"{where} cannot be reached or broke off: {error}. Are host and port right?") from error


def _greeted(code: int, text: bytes) -> None:
    if code != 220:
        raise smtplib.SMTPConnectError(code, text)


def _reason(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(said.split())}"


class _PlainSmtp(smtplib.SMTP):
    """Connects to a checked number instead of looking the host up again; names the host to TLS."""

    def __init__(
        self, address: str, timeout_seconds: float, context: ssl.SSLContext, opened: Callable[[socket.socket], None]
    ) -> None:
        self._address = address
        self._context = context
        self._opened = opened
        super().__init__(timeout=timeout_seconds, local_hostname=socket.gethostname())

    def connect(self, host: str = "", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        self._host = host  # what starttls() proves the certificate against
        return super().connect(host, port)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((self._address, port), timeout)
        self._opened(connection)
        return connection


class _SecureSmtp(_PlainSmtp):
    """Speaks TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
