"""What is asked, and what a dialect makes of it: the path and body of a request, and the answer it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tasks_openai.ai.answered import Answered
from tasks_openai.ai.configuration import ChatConfiguration, ResponseFormat
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.provider.base import ModelProvider
from tasks_openai.wire.calls import Answer

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation with how it is to be answered."""

    provider: ModelProvider
    turns: Sequence[Turn]
    configuration: ChatConfiguration
    shape: ResponseFormat
    shape_name: str = "output"

    @property
    def longest(self) -> int | None:
        """How many tokens the answer may have."""
        return self.configuration.max_token or self.provider.most_tokens()

    @property
    def rules(self) -> str:
        """The system messages."""
        return "\n\n".join(turn.text for turn in self.turns if turn.role == "system")

    @property
    def spoken(self) -> list[Turn]:
        """The turns of user and model."""
        return [turn for turn in self.turns if turn.role != "system"]


class Collecting(Answer, Protocol):
    """An answer that is put together from its pieces."""

    def body(self) -> Mapping[str, Any]:
        """The whole, as the protocol gives it when it does not stream."""
        ...


class Dialect(Protocol):
    """One protocol of a conversation."""

    def path(self, question: Question) -> str:
        """Where the question goes, after the connection's address."""
        ...

    def body(self, question: Question) -> Body:
        """The request: what the author wrote, and what the protocol insists on."""
        ...

    def collecting(self, question: Question) -> Collecting:
        """What takes the answer."""
        ...

    def read(self, body: Mapping[str, Any]) -> Answered:
        """The answer. Raises Misunderstood."""
        ...


def given(**values: Any) -> Body:
    """The values that are set."""
    return {name: value for name, value in values.items() if value is not None}
