"""The properties that every call has: the key, the model, the waiting, the server."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from builder.tasks.api import AliasChoices, Field, Form, KestraTask, Path, SecretStr, WrongProperty, field_validator
from tasks_openai.connection import Connection
from tasks_openai.model_names import CHAT_MODELS
from tasks_openai.structured import strict_faults

_SHOWN = 3
TOTAL_SECONDS = 600.0
"""How long a call may take altogether when the task has no `timeout` of its own."""


class OpenAITask(KestraTask):
    """What the tasks that ask a text model share."""

    default_timeout_seconds: ClassVar[float | None] = TOTAL_SECONDS
    category: ClassVar[str] = "OpenAI"

    api_key: Annotated[SecretStr, Form("secret", group="connection", label="API key")] = Field(
        examples=["{{ secret('OPENAI_API_KEY') }}"]
    )
    """The key of your OpenAI account. Keep it as a secret and name the secret here."""
    model: Annotated[str, Form("model", group="main", label="Model", options=CHAT_MODELS)] = Field(
        examples=["gpt-5.4-mini"]
    )
    """Which model answers. Choose a suggestion or write any other name."""
    client_timeout: Annotated[float, Form(group="connection", label="Longest silence (seconds)")] = Field(
        10, gt=0, le=3600
    )
    """How many seconds to wait for the connection, and for each next piece of the answer. Models that think long before
    they speak need more. The whole call is bounded by the step's time limit (10 minutes when none is set)."""
    base_url: Annotated[
        str | None, Form(group="connection", label="Server address", placeholder="https://api.openai.com/v1")
    ] = Field(None, validation_alias=AliasChoices("baseUrl", "baseURL"), examples=["http://127.0.0.1:11434/v1"])
    """Where to send the request: leave it empty for OpenAI; a compatible server's address ends in /v1."""

    @field_validator("api_key")
    @classmethod
    def _can_be_sent(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value().strip()  # a secret read from a file ends with a line break
        if not text:
            raise ValueError("is empty; write the key, or the secret that holds it")
        if not text.isascii() or not text.isprintable():
            raise ValueError("holds characters that no key has; copy the key again")
        return SecretStr(text)

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, address: str | None) -> str | None:
        parts = urlsplit(address.strip()) if address else None
        if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be an address such as https://models.example.org/v1")
        return address.strip() if address else None

    def check_strict(self, path: Path, schema: Mapping[str, Any]) -> None:
        """Raises WrongProperty for what OpenAI's strict mode would refuse; other servers may take more."""
        if self.base_url is None and (faults := strict_faults(schema)):
            raise WrongProperty(path, "; ".join(faults[:_SHOWN]))

    def connection(self) -> Connection:
        return Connection(self.api_key.get_secret_value(), self.base_url, self.client_timeout)
