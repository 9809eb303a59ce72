"""What the tasks that ask a model of any provider share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from builder.tasks.api import Fault, Field, Form, KestraTask, Offering, Outputs, Path, WrongProperty, model_validator
from tasks_openai.ai.answered import Reason, TokenUsage
from tasks_openai.ai.asking import check_configuration
from tasks_openai.ai.configuration import ChatConfiguration
from tasks_openai.ai.provider.fields import AnyProvider
from tasks_openai.ai.provider.models import PLACE, advice_on_model, offered_models
from tasks_openai.connected import TOTAL_SECONDS
from tasks_openai.model_names import Kind

_OF_AGENTS = ("tools", "guardrails", "observability", "contentRetrievers", "memory")
"""Properties of Kestra's steps that let a model act, remember, or be watched."""


class ProviderTask(KestraTask):
    """A task with a provider."""

    default_timeout_seconds: ClassVar[float | None] = TOTAL_SECONDS
    category: ClassVar[str] = "AI"
    costs: ClassVar[bool] = True
    model_kind: ClassVar[Kind] = Kind.CHAT

    provider: Annotated[AnyProvider, Form("section", group="main", label="Provider")]
    """Who is asked: choose one, then give its model and what it needs to let you in."""

    @classmethod
    def advice_on(cls, written: Mapping[str, Any]) -> list[Fault]:
        return advice_on_model(written)

    @classmethod
    def offering(cls, field: Path, written: Mapping[str, Any], now: datetime) -> Offering | None:
        return offered_models(cls.model_kind, written, now) if field == PLACE else None


class AskingTask(ProviderTask):
    """A task that gets an answer in words or data."""

    configuration: Annotated[ChatConfiguration, Form("section", group="answer", label="How it answers")] = Field(
        default_factory=ChatConfiguration
    )
    """How the model answers; what is not written here is left to the provider."""

    @model_validator(mode="before")
    @classmethod
    def _asks_alone(cls, written: Any) -> Any:
        for name in _OF_AGENTS:
            if isinstance(written, Mapping) and written.get(name) is not None and name not in cls.model_fields:
                raise WrongProperty((name,), "is for agents, which are not built here yet; leave it out")
        return written

    @model_validator(mode="after")
    def _provider_can(self) -> Any:
        check_configuration(self.provider, self.configuration)
        return self


class AnsweredOutputs(Outputs):
    """What all answers tell of themselves."""

    token_usage: TokenUsage | None = None
    """How many tokens were used; null when the provider did not count."""
    finish_reason: Reason
    """Why the answer ended: STOP, LENGTH, TOOL_EXECUTION, CONTENT_FILTER or OTHER."""
