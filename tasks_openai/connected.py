"""What every task that asks OpenAI, or a server that speaks its protocol, has: a key, an address, limits."""

import re
from collections.abc import Mapping
from dataclasses import astuple, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from builder.tasks.api import (
    AliasChoices,
    Fault,
    Field,
    Form,
    Offering,
    Outside,
    Path,
    Properties,
    Question,
    Render,
    SecretStr,
    Task,
    WrongProperty,
    field_of,
    field_validator,
    model_validator,
    prepare,
)
from tasks_openai import model_names
from tasks_openai.answers.structured import strict_faults
from tasks_openai.offered_models import Shelf, digest, listed, offering
from tasks_openai.wire.connection import OPENAI_URL, Connection

_SHOWN = 3
_BASE_PATHS = ("base-path", "base_path", "basePath")
_OWN_SERVER = ("baseUrl", "baseURL", "base_url", "base-url", "connection", *_BASE_PATHS)
"""What names another server than OpenAI, or may, in the three vocabularies."""
TOTAL_SECONDS = 600.0
"""How long a call may take altogether when the task has no `timeout` of its own."""


def _names_a_server(written: Mapping[str, Any]) -> bool:
    """Whether a step asks another server than the vendor's, or may do so."""
    setup = written.get("setup")
    places = (written, setup) if isinstance(setup, Mapping) else (written,)
    return any(place.get(name) for place in places for name in _OWN_SERVER)


def _annotated(task: type[Task], name: str) -> list[Any]:
    field = task.model_fields.get(name)
    return field.metadata if field else []


def sendable_key(key: SecretStr) -> SecretStr:
    """A key as a header can carry it. Raises ValueError."""
    text = key.get_secret_value().strip()  # a secret read from a file ends with a line break
    if not text:
        raise ValueError("is empty; write the key, or the secret that holds it")
    if not text.isascii() or not text.isprintable():
        raise ValueError("holds characters that no key has; copy the key again")
    return SecretStr(text)


def web_address(address: str | None) -> str | None:
    """An address of http or https without blanks around it; None for an empty one. Raises ValueError."""
    parts = urlsplit(address.strip()) if address else None
    if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be an address such as https://models.example.org/v1")
    return address.strip() if address else None


def with_version(base_path: Any) -> Any:
    """Instill's base path (https://models.example.org) as the address that requests go to, which ends in /v1."""
    if not isinstance(base_path, str) or not base_path.strip() or re.search(r"/v\d+/*$", base_path.strip()):
        return base_path
    return f"{base_path.strip().rstrip('/')}/v1"


class NamedConnection(Properties):
    """A connection kept as one secret: JSON of a key and what belongs to it, or just the key."""

    api_key: SecretStr = Field(validation_alias=AliasChoices("api_key", "api-key", "apiKey"))
    """The API key."""
    organization: str | None = None
    """Which organization pays."""
    project: str | None = None
    """Which project the request counts for."""
    base_url: str | None = Field(None, validation_alias=AliasChoices("base_url", "base-url", "baseUrl", *_BASE_PATHS))
    """The server's address, for one that is not OpenAI; as Instill's base-path it may leave out the /v1."""

    _can_be_sent = field_validator("api_key")(sendable_key)
    _is_an_address = field_validator("base_url")(web_address)

    @model_validator(mode="before")
    @classmethod
    def _as_written_elsewhere(cls, written: Any) -> Any:
        if isinstance(written, str):
            return {"api_key": written}
        if not isinstance(written, Mapping):
            return written
        return {key: with_version(value) if key in _BASE_PATHS else value for key, value in written.items()}


class ConnectedTask(Task):
    """The connection's properties; a vocabulary adds the key in its own way and tells it by `key`."""

    default_timeout_seconds: ClassVar[float | None] = TOTAL_SECONDS
    category: ClassVar[str] = "OpenAI"
    home_url: ClassVar[str] = OPENAI_URL
    """The address of the vendor that is asked unless a server is written."""

    client_timeout: Annotated[float, Form(group="connection", label="Longest silence (seconds)")] = Field(
        10, gt=0, le=3600
    )
    """How many seconds to wait for the connection, and for each next piece of the answer. Models that think long before
    they speak need more. The whole call is bounded by the step's time limit (10 minutes when none is set)."""
    base_url: Annotated[
        str | None, Form(group="connection", label="Server address", placeholder="https://api.openai.com/v1")
    ] = Field(None, examples=["http://127.0.0.1:11434/v1"])
    """Where to send the request: leave it empty for OpenAI; a compatible server's address ends in /v1."""
    organization: Annotated[str | None, Form(group="connection")] = Field(None, examples=["org-..."])
    """Which organization of your account pays, when the key belongs to several."""
    project: Annotated[str | None, Form(group="connection")] = Field(None, examples=["proj_..."])
    """Which project of the organization the request counts for."""
    ca_pem: Annotated[str | None, Form("textarea", group="connection", label="CA certificate")] = None
    """PEM text of the certificate authority that signed the server's certificate, when it is one of your own."""
    client_pem: Annotated[SecretStr | None, Form("secret", group="advanced", label="Client certificate")] = None
    """PEM text of the key and certificate by which a server of your own knows this client."""
    proxy: Annotated[str | None, Form(group="connection", label="Proxy")] = Field(
        None, examples=["http://proxy.example.org:3128"]
    )
    """The address of a proxy that the request goes through."""

    @field_validator("base_url", "proxy")
    @classmethod
    def _is_an_address(cls, address: str | None) -> str | None:
        return web_address(address)

    @classmethod
    def advice_on(cls, written: Mapping[str, Any]) -> list[Fault]:
        """Models of OpenAI that end; a server of one's own has its own."""
        return [] if _names_a_server(written) else model_names.advice_on(written.get("model"), ("model",))

    @classmethod
    def offering(cls, field: Path, written: Mapping[str, Any], now: datetime) -> Offering | None:
        """The models that the connection's server lists."""
        name = str(field[0]).replace("-", "_") if len(field) == 1 else ""
        form = next((item for item in _annotated(cls, name) if isinstance(item, Form)), None)
        if form is None or form.control != "model":
            return None
        shelf = Shelf(
            model_names.kind_suggested(form.options),
            "" if _names_a_server(written) else cls.home_url,
            now,
            form.options,
        )
        return offering(shelf, lambda render: cls._question(shelf, written, render))

    @classmethod
    def _question(cls, shelf: Shelf, written: Mapping[str, Any], render: Render) -> Question:
        """The connection is made of its own properties alone: the step may be half written yet."""
        alone = next(base for base in cls.__mro__ if ConnectedTask in base.__bases__ and issubclass(base, Task))
        made = prepare(alone, {key: value for key, value in written.items() if field_of(alone, key)}, render)
        connection = cls.model_construct(made.model_fields_set, **dict(made)).connection()
        shelf = replace(shelf, prices=connection.priced_as)

        async def ask(outside: Outside) -> list[str]:
            return await listed(outside, connection)

        elsewhere = connection.base_url not in (None, cls.home_url) or connection.proxy is not None
        return Question(
            connection.place("").server, digest(*astuple(connection), shelf.kind), elsewhere, ask, shelf.offers
        )

    def key(self) -> str:
        """The API key."""
        raise NotImplementedError

    def named_connection(self) -> NamedConnection | None:
        """What holds where the task itself says nothing."""
        return None

    def check_strict(self, path: Path, schema: Mapping[str, Any]) -> None:
        """Raises WrongProperty for what OpenAI's strict mode would refuse; other servers may take more."""
        if self._server() is None and (faults := strict_faults(schema)):
            raise WrongProperty(path, "; ".join(faults[:_SHOWN]))

    def connection(self) -> Connection:
        """Whom the task asks."""
        named = self.named_connection()
        return Connection(
            self.key(),
            self._server(),
            self.client_timeout,
            organization=self.organization or (named.organization if named else None) or None,
            project=self.project or (named.project if named else None) or None,
            ca_pem=self.ca_pem or None,
            client_pem=self.client_pem.get_secret_value() if self.client_pem else None,
            proxy=self.proxy,
        )

    def _server(self) -> str | None:
        named = self.named_connection()
        return self.base_url or (named.base_url if named else None)
