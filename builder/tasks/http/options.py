"""How a request is sent: time limits, proxy, sign-in, certificates, sizes. Old and new names are both read."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from builder.tasks.api import AliasChoices, Duration, Field, Form, Properties, SecretStr, TaskFailure

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

    type: Literal["BASIC", "BEARER"]
    """By name and password, or by a token."""
    username: str | None = None
    """The name to sign in with."""
    password: SecretStr | None = None
    """The password to sign in with."""
    token: SecretStr | None = None
    """The token to sign in with."""


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
    """Statuses from 400 that are no failure."""
    allow_failed: Annotated[bool, Form(label="Accept any status")] = False
    """No status is a failure."""
    proxy_type: Literal["DIRECT", "HTTP", "SOCKS"] = "DIRECT"
    """Through what kind of proxy to go."""
    proxy_address: str | None = None
    """The proxy's host."""
    proxy_port: int | None = Field(None, ge=1, le=65535)
    """The proxy's port."""
    proxy_username: str | None = None
    """The name to sign in to the proxy with."""
    proxy_password: SecretStr | None = None
    """The password to sign in to the proxy with."""
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
    """Accepted, without effect."""
    logs: Annotated[Any, Form("hidden")] = Field(None, validation_alias=AliasChoices("logs"))
    """Accepted, without effect."""

    def connect_seconds(self) -> float | None:
        """None: the product's own limit."""
        written = (self.timeout.connect_timeout if self.timeout else None) or self.connect_timeout
        return written.total_seconds() if written else None

    def silence_seconds(self) -> float:
        written = [self.timeout.read_idle_timeout if self.timeout else None, self.read_idle_timeout, self.read_timeout]
        return min((limit.total_seconds() for limit in written if limit), default=SILENCE_SECONDS)

    def proxy(self) -> str | None:
        """The proxy's URL."""
        if self.proxy_type == "DIRECT" or not self.proxy_address:
            return None
        if self.proxy_type == "SOCKS":
            raise TaskFailure("options.proxyType: SOCKS proxies are not supported, use HTTP.", retryable=False)
        password = self.proxy_password.get_secret_value() if self.proxy_password else ""
        login = f"{quote(self.proxy_username, '')}:{quote(password, '')}@" if self.proxy_username else ""
        return f"http://{login}{self.proxy_address}:{self.proxy_port or 8080}"

    def login(self) -> tuple[str, str] | None:
        """Name and password of basic authentication."""
        user, password = self.basic_auth_user, self.basic_auth_password
        if self.auth is not None and self.auth.type == "BASIC":
            user, password = self.auth.username, self.auth.password
        return (user or "", password.get_secret_value() if password else "") if user or password else None

    def bearer(self) -> str | None:
        if self.auth is None or self.auth.type != "BEARER" or self.auth.token is None:
            return None
        return self.auth.token.get_secret_value()

    def accepts(self, status: int) -> bool:
        return status < 400 or self.allow_failed or status in self.allowed_response_codes
