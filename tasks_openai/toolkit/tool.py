"""What the tools of OpenAI's API have in common: each is one call, its properties are the call's parameters."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import quote

from pydantic import ValidationError

from builder.tasks.api import Field, Form, Outputs, RunContext, SecretStr, TaskFailure, ToolTask, field_validator
from tasks_openai.answers import media
from tasks_openai.connected import ConnectedTask, NamedConnection, sendable_key
from tasks_openai.prices import Flavor
from tasks_openai.wire.calls import fetch, paid_for_nothing
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.failures import EXCERPT_CHARACTERS, Misunderstood, misunderstood
from tasks_openai.wire.records import measure

Json = Mapping[str, Any]


class ToolOutputs(Outputs):
    """What the API answers, by its own names; more than the fields that are told here comes through as well."""

    model_config = {"alias_generator": None, "extra": "allow"}

    @classmethod
    def of(cls, body: Json) -> Self:
        """An answer's body, which must have the shape that the API promises. Raises TaskFailure."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            wrong = ".".join(str(part) for part in error.errors()[0]["loc"])
            begin = json.dumps(body, default=str)[:EXCERPT_CHARACTERS]
            raise TaskFailure(
                f"The answer was not understood, its {wrong} is not as OpenAI's protocol has it; it begins: {begin!r}. "
                "Check that base_url names a server that speaks it."
            ) from error


class OpenAITool(ConnectedTask, ToolTask):
    """One call. Only what the author wrote is sent; `{name}` in `path` is filled with that property."""

    category: ClassVar[str] = "OpenAI, call by call"

    method: ClassVar[str] = "POST"
    path: ClassVar[str] = ""
    instead: ClassVar[str] = ""
    """For a call that OpenAI has withdrawn: what to use instead, said when it is refused."""
    flavor: ClassVar[Flavor | None] = None
    """How the tokens of its answer are counted."""
    not_sent: ClassVar[frozenset[str]] = frozenset()
    """Properties that the subclass sends in a way of its own."""

    api_key: Annotated[SecretStr | None, Form("secret", group="connection", label="API key")] = Field(
        None, examples=["{{ secret('OPENAI_API_KEY') }}"]
    )
    """The key of your OpenAI account. Keep it as a secret and name the secret here."""
    named: Annotated[NamedConnection | None, Form("secret", group="connection", label="Connection")] = Field(
        None, alias="connection", examples=["{{ secret('OPENAI') }}"]
    )
    """In place of the key: a secret that holds JSON such as {"api_key": "...", "organization": "org-..."}."""

    @field_validator("api_key")
    @classmethod
    def _can_be_sent(cls, key: SecretStr | None) -> SecretStr | None:
        return key and sendable_key(key)

    def key(self) -> str:
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        if self.named is not None:
            return self.named.api_key.get_secret_value()
        raise TaskFailure("No API key: write api_key, or the secret of a connection as connection.", retryable=False)

    def named_connection(self) -> NamedConnection | None:
        return self.named

    def parameters(self) -> dict[str, Any]:
        """What is sent: the properties that the author wrote, by the API's names."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True, include=set(self._own()))

    def call(self) -> Call:
        """The request. A GET's parameters are its query."""
        path = self.path.format_map({name: quote(str(getattr(self, name)), safe="") for name in self._placed()})
        parameters = self.parameters()
        if self.method == "POST":
            return Call("POST", path, parameters)
        return Call(self.method, path, query=_query(parameters))

    async def answer(self, context: RunContext, call: Call, limit_bytes: int | None = None) -> dict[str, Any]:
        """The JSON object that the call answers; empty where the server answers with nothing."""
        connection, model = self.connection(), str(getattr(self, "model", None) or "")
        with self.explaining():
            came = await fetch(context, connection, call, model=model, limit_bytes=limit_bytes)
        try:
            body = dict(came.json()) if came.content.strip() else {}
        except Misunderstood as error:
            if self.flavor is not None:
                raise paid_for_nothing(context, connection, model, error) from error
            raise misunderstood(error, connection.place(model)) from error
        if self.flavor is not None:
            measure(context, {"model": model, **body}, self.flavor, connection.priced_as)
        return body

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Says, where a withdrawn call is refused, what to use instead."""
        try:
            yield
        except TaskFailure as failure:
            if not self.instead or failure.retryable:
                raise
            said = f"{failure.message} {self.instead}"
            raise TaskFailure(said, retryable=False, outputs=failure.outputs) from failure

    async def embedded(self, context: RunContext) -> dict[str, Any]:
        """The parameters with the execution's files read into them."""
        return dict(await media.embed(self.parameters(), context))

    @classmethod
    def _own(cls) -> list[str]:
        around = OpenAITool.model_fields.keys() | cls.not_sent | set(cls._placed())
        return [name for name in cls.model_fields if name not in around]

    @classmethod
    def _placed(cls) -> list[str]:
        return [part.partition("}")[0] for part in cls.path.split("{")[1:]]


def _query(parameters: Json) -> dict[str, Any]:
    """Parameters as an address carries them: true and false in small letters."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in parameters.items()}
