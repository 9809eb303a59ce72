"""What Kestra's tasks that ask a text model share: the key and the model."""

from typing import Annotated, ClassVar

from builder.tasks.api import AliasChoices, Field, Form, KestraTask, SecretStr, field_validator
from tasks_openai.connected import ConnectedTask, sendable_key
from tasks_openai.model_names import CHAT_MODELS


class KeyedTask(ConnectedTask, KestraTask):
    """A task of Kestra's vocabulary with its API key."""

    api_key: Annotated[SecretStr, Form("secret", group="connection", label="API key")] = Field(
        examples=["{{ secret('OPENAI_API_KEY') }}"]
    )
    """The key of your OpenAI account. Keep it as a secret and name the secret here."""

    base_url: Annotated[
        str | None, Form(group="connection", label="Server address", placeholder="https://api.openai.com/v1")
    ] = Field(None, validation_alias=AliasChoices("baseUrl", "baseURL"), examples=["http://127.0.0.1:11434/v1"])
    """Where to send the request: leave it empty for OpenAI; a compatible server's address ends in /v1."""

    _can_be_sent = field_validator("api_key")(sendable_key)

    def key(self) -> str:
        return self.api_key.get_secret_value()


class OpenAITask(KeyedTask):
    """A task that asks a text model."""

    costs: ClassVar[bool] = True

    model: Annotated[str, Form("model", group="main", label="Model", options=CHAT_MODELS)] = Field(
        examples=["gpt-5.4-mini"]
    )
    """Which model answers. Choose a suggestion or write any other name."""
