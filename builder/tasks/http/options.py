"""How a request is sent: time limits, proxy, sign-in, certificates, sizes. Old and new names are both read."""

from typing import Annotated, Literal
from urllib.parse import quote

from builder.tasks.api import Duration, Field, Form, Properties, SecretStr, TaskFailure

REQUEST_BYTES = 10 * 1024 * 1024
SILENCE_SECONDS = 300.0


class Timeouts(Properties):
    """Time limits of a request."""

    connect_timeout: Duration | None = Field(None, examples=["PT10S"])
    """How long connecting may take."""
    read_idle_timeout: Duration | None = Field(None, examples=["PT5M"])
    """How long the other side may be silent."""


class Auth(Properties):
    """How a request signs in."""

    type: Literal["BASIC", "BEARER", "DIGEST"]
    """By name and password, by a token, or by name and password in the way of Digest."""
    username: str | None = None
    """The name to sign in with."""
    password: SecretStr | None = None
    """The password to sign in with."""
    token: SecretStr | None = None
    """The token to sign in with."""


class Proxy(Properties):
    """A proxy between here and the server."""

    type: Literal["DIRECT", "HTTP", "SOCKS"] = "DIRECT"
    """What kind of proxy it is."""
    address: str | None = None
    """Its host."""
    port: int | None = Field(None, ge=1, le=65535)
    """Its port."""
    username: str | None = None
    """The name to sign in to it with."""
    password: SecretStr | None = None
    """The password to sign in to it with."""


LoggedPart = Literal["REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_HEADERS", "RESPONSE_BODY"]
_LOGGED_BY_LEVEL: dict[str, tuple[LoggedPart, ...]] = {
    "TRACE": ("REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_HEADERS", "RESPONSE_BODY"),
    "DEBUG": ("REQUEST_HEADERS", "RESPONSE_HEADERS"),
    "INFO": ("RESPONSE_HEADERS",),
}


class Ssl(Properties):
    """How certificates are judged."""

    insecure_trust_all_certificates: Annotated[bool, Form(label="Trust any certificate")] = False
    """Do not check who answers; for tests only."""
    ca_pem: Annotated[str | None, Form("textarea", label="Certificate authority")] = None
    """The certificate authority to trust, as PEM text."""
    client_pem: Annotated[SecretStr | None, Form("textarea", label="Client certificate")] = None
    """A client certificate with its key, as PEM text."""


class Options(Properties):
    """How a request is sent."""

    auth: Annotated[Auth | None, Form(label="Sign in")] = None
    """Sign in with a name and password or with a token."""
    ssl: Annotated[Ssl | None, Form(label="Certificates")] = None
    """How certificates are judged."""
    timeout: Annotated[Timeouts | None, Form(label="Time limits")] = None
    """How long to wait."""
    follow_redirects: bool = True
    """Go on to the address that a redirect names."""
    max_content_length: Annotated[int | None, Form(label="Most bytes")] = Field(None, ge=0)
    """An answer larger than this many bytes is a failure; 10 MB for a request when it is not set."""
    default_charset: str = "UTF-8"
    """How bytes become text when the answer does not say."""
    allowed_response_codes: Annotated[list[int], Form(label="Accepted statuses")] = Field([], examples=[[404]])
    """The only statuses that are no failure, also below 400; without any, all below 400 are none."""
    allow_failed: Annotated[bool, Form(label="Accept any status")] = False
    """No status is a failure."""
    proxy: Annotated[Proxy | None, Form(label="Proxy")] = None
    """A proxy between here and the server."""
    logs: Annotated[list[LoggedPart], Form(label="Write to the log")] = Field([], examples=[["RESPONSE_HEADERS"]])
    """Parts of the exchange to log; keys and cookies are left out."""
    proxy_type: Annotated[Literal["DIRECT", "HTTP", "SOCKS"] | None, Form("hidden")] = None
    """Older place of proxy.type."""
    proxy_address: Annotated[str | None, Form("hidden")] = None
    """Older place of proxy.address."""
    proxy_port: Annotated[int | None, Form("hidden")] = Field(None, ge=1, le=65535)
    """Older place of proxy.port."""
    proxy_username: Annotated[str | None, Form("hidden")] = None
    """Older place of proxy.username."""
    proxy_password: Annotated[SecretStr | None, Form("hidden")] = None
    """Older place of proxy.password."""
    connect_timeout: Annotated[Duration | None, Form("hidden")] = None
    """Older place of timeout.connectTimeout."""
    read_timeout: Annotated[Duration | None, Form("hidden")] = None
    """Older name of timeout.readIdleTimeout."""
    read_idle_timeout: Annotated[Duration | None, Form("hidden")] = None
    """Older place of timeout.readIdleTimeout."""
    connection_pool_idle_timeout: Annotated[Duration | None, Form("hidden")] = None
    """Accepted, without effect: connections are shared by all tasks."""
    basic_auth_user: Annotated[str | None, Form("hidden")] = None
    """Older place of auth.username."""
    basic_auth_password: Annotated[SecretStr | None, Form("hidden")] = None
    """Older place of auth.password."""
    log_level: Annotated[str | None, Form("hidden")] = None
    """Older way to say what is logged: INFO, DEBUG or TRACE, more and more."""

    def connect_seconds(self) -> float | None:
        """None: the product's own limit."""
        written = (self.timeout.connect_timeout if self.timeout else None) or self.connect_timeout
        return written.total_seconds() if written else None

    def silence_seconds(self) -> float:
        written = [self.timeout.read_idle_timeout if self.timeout else None, self.read_idle_timeout, self.read_timeout]
        return min((limit.total_seconds() for limit in written if limit), default=SILENCE_SECONDS)

    def proxy_url(self) -> str | None:
        """Where the proxy is, with its login; None without one."""
        found = self.proxy or Proxy(
            type=self.proxy_type or "DIRECT",
            address=self.proxy_address,
            port=self.proxy_port,
            username=self.proxy_username,
            password=self.proxy_password,
        )
        if found.type == "DIRECT" or not found.address:
            return None
        if found.type == "SOCKS":
            raise TaskFailure("options.proxy: SOCKS proxies are not supported, use HTTP.", retryable=False)
        password = found.password.get_secret_value() if found.password else ""
        login = f"{quote(found.username, '')}:{quote(password, '')}@" if found.username else ""
        return f"http://{login}{found.address}:{found.port or 8080}"

    def logged(self) -> tuple[LoggedPart, ...]:
        """The parts of an exchange that are written to the log."""
        return tuple(self.logs) or _LOGGED_BY_LEVEL.get((self.log_level or "").upper(), ())

    def login(self) -> tuple[str, str] | None:
        """Name and password of basic or digest authentication."""
        user, password = self.basic_auth_user, self.basic_auth_password
        if self.auth is not None and self.auth.type in ("BASIC", "DIGEST"):
            user, password = self.auth.username, self.auth.password
        return (user or "", password.get_secret_value() if password else "") if user or password else None

    def bearer(self) -> str | None:
        if self.auth is None or self.auth.type != "BEARER" or self.auth.token is None:
            return None
        return self.auth.token.get_secret_value()

    def accepts(self, status: int) -> bool:
        if self.allow_failed or not self.allowed_response_codes:
            return self.allow_failed or status < 400
        return status in self.allowed_response_codes
