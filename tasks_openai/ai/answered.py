"""What a provider answered, in one shape for all, and the outputs that the tasks make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from builder.tasks.api import Outputs, RunContext
from tasks_openai.prices import Usage, cost_of_tokens
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.records import spend

Reason = Literal["STOP", "LENGTH", "TOOL_EXECUTION", "CONTENT_FILTER", "OTHER"]


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. `thinking` is "" where none was shown; `usage` is None where tokens were not counted."""

    text: str
    reason: Reason
    usage: Usage | None = None
    thinking: str = ""
    id: str = ""
    sources: tuple[Mapping[str, Any], ...] = field(default=())


def reason_of(said: object, known: Mapping[str, Reason]) -> Reason:
    """Kestra's word for why an answer ended."""
    return known.get(str(said or "").lower(), "OTHER")


def usage_in(counted: object, given: str, made: str, cached: str = "", total: str = "") -> Usage | None:
    """The tokens that an answer's map counts under these names."""
    if not isinstance(counted, Mapping):
        return None
    numbers = [_whole(counted.get(name)) if name else None for name in (given, made, cached, total)]
    if numbers[0] is None or numbers[1] is None:
        return None
    return Usage(numbers[0], numbers[1], numbers[3] or numbers[0] + numbers[1], numbers[2] or 0, 0)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class TokenUsage(Outputs):
    """How many tokens were used."""

    input_token_count: int | None = None
    """Tokens of the question."""
    output_token_count: int | None = None
    """Tokens of the answer."""
    total_token_count: int | None = None
    """Both."""


def token_usage(usage: Usage | None) -> TokenUsage | None:
    """As an output; None where the provider did not count."""
    if usage is None:
        return None
    return TokenUsage(input_token_count=usage.input, output_token_count=usage.output, total_token_count=usage.total)


def measure(context: RunContext, usage: Usage | None, connection: Connection, model: str) -> None:
    """Kestra's metrics of an answer, and its cost where the price is known."""
    tags = {"model": model}
    if usage is None:
        context.log("DEBUG", "The provider did not say how many tokens it used; tokens and cost are unknown.")
        spend(context, None, tags)
        return
    context.metric("input.token.count", usage.input, unit="token", tags=tags)
    context.metric("output.token.count", usage.output, unit="token", tags=tags)
    context.metric("total.token.count", usage.total, unit="token", tags=tags)
    spend(context, cost_of_tokens(model, usage, connection.priced_as, context.now()), tags)
