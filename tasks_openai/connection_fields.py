"""The properties that every call has: the key, the model, the waiting, the server."""

from typing import Annotated, ClassVar

from builder.tasks.api import AliasChoices, Field, Form, KestraTask, SecretStr
from tasks_openai.client import Connection
from tasks_openai.model_names import CHAT_MODELS

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
        min_length=1, examples=["gpt-5.4-mini"]
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

    def connection(self) -> Connection:
        return Connection(self.api_key.get_secret_value(), self.base_url or None, self.client_timeout)
