"""io.kestra.plugin.ai.completion.ChatCompletion."""

from typing import Annotated, Any, ClassVar

from builder.tasks.api import Form, RunContext, field_validator
from tasks_openai.ai.answered import token_usage
from tasks_openai.ai.asking import hear
from tasks_openai.ai.asking_task import AnsweredOutputs, AskingTask
from tasks_openai.ai.conversation import ChatMessage, check_conversation, turns_of


class AIOutput(AnsweredOutputs):
    """The answer of a model."""

    text_output: str | None = None
    """The answer in words; null where data were asked for."""
    json_output: Any = None
    """The answer as data, where responseFormat is of type JSON."""
    ai_response: str | None = None
    """The same as textOutput, by its older name."""
    thinking: str | None = None
    """What the model thought, where returnThinking asks for it and the provider shows it."""
    tool_executions: list[dict[str, Any]] = []
    """Calls of tools; there are none, since a completion here runs no tools."""
    intermediate_responses: list[dict[str, Any]] = []
    """Answers between calls of tools; there are none."""
    sources: list[dict[str, Any]] = []
    """Where the answer comes from, if the provider says so."""
    request_duration: int
    """How long the answer took, in milliseconds."""


class ChatCompletion(AskingTask):
    """Ask a chat model of any provider: send a conversation and get its answer.

    The answer appears while it is written, where the provider's protocol allows. With a responseFormat of type JSON the
    answer is data, held against its schema.
    """

    type_name: ClassVar[str] = "io.kestra.plugin.ai.completion.ChatCompletion"
    aliases: ClassVar[tuple[str, ...]] = (
        "io.kestra.plugin.ai.ChatCompletion",
        "io.kestra.plugin.langchain4j.ChatCompletion",
        "io.kestra.plugin.langchain4j.completion.ChatCompletion",
    )
    title: ClassVar[str] = "Chat completion (any provider)"
    example: ClassVar[str] = """\
id: chat_completion
type: io.kestra.plugin.ai.completion.ChatCompletion
provider:
  type: io.kestra.plugin.ai.provider.OpenAI
  apiKey: "{{ secret('OPENAI_API_KEY') }}"
  modelName: gpt-5.4-mini
messages:
  - type: SYSTEM
    content: You are a helpful assistant, answer concisely.
  - type: USER
    content: What is data orchestration?
"""

    messages: Annotated[list[ChatMessage], Form("messages", group="main", label="Conversation")]
    """The conversation: at most one SYSTEM message with the rules, and a USER message at the end."""

    @field_validator("messages")
    @classmethod
    def _is_a_conversation(cls, messages: list[ChatMessage]) -> list[ChatMessage]:
        check_conversation(messages)
        return messages

    async def run(self, context: RunContext) -> AIOutput:
        turns = await turns_of(context, self.messages)
        heard = await hear(context, self.provider, turns, self.configuration)
        answered, shape = heard.answered, self.configuration.response_format
        text = answered.text if shape is None or shape.type == "TEXT" else None
        return AIOutput(
            text_output=text,
            ai_response=text,
            json_output=heard.data,
            thinking=answered.thinking or None if self.configuration.return_thinking else None,
            token_usage=token_usage(answered.usage),
            finish_reason=answered.reason,
            sources=[dict(source) for source in answered.sources],
            request_duration=heard.milliseconds,
        )
