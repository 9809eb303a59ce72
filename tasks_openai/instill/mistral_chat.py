"""instill.mistral-ai.TextGenerationChat: Mistral's server speaks OpenAI's protocol."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, InstillOutputs, RunContext
from tasks_openai.answers.chat import CountedAnswer
from tasks_openai.instill.connecting import InstillModelTask
from tasks_openai.instill.conversation import HistoryMessage, messages_of
from tasks_openai.providers import VENDORS
from tasks_openai.wire.calls import ask
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.records import measure

MISTRAL_URL = VENDORS["MistralAI"].root
MODELS = (
    "mistral-small-latest", "mistral-medium-latest", "mistral-large-latest", "ministral-8b-latest", "codestral-latest",
)  # fmt: skip


class MistralUsage(InstillOutputs):
    """How many tokens were used."""

    input_tokens: int | None = None
    """Those of the prompt."""
    output_tokens: int | None = None
    """Those of the answer."""


class TextGenerationChatOutputs(InstillOutputs):
    """What the model answered."""

    text: str
    """The answer."""
    usage: MistralUsage | None = None
    """Tokens: input-tokens and output-tokens."""


class TextGenerationChat(InstillModelTask):
    """Ask one of Mistral AI's chat models, in the words of Instill's TASK_TEXT_GENERATION_CHAT.

    The answer appears while it is written.
    """

    type_name: ClassVar[str] = "instill.mistral-ai.TextGenerationChat"
    title: ClassVar[str] = "Mistral text generation"
    home_url: ClassVar[str] = MISTRAL_URL
    example: ClassVar[str] = """\
id: mistral
type: instill.mistral-ai.TextGenerationChat
setup:
  api-key: "{{ secret('MISTRAL_API_KEY') }}"
model-name: mistral-small-latest
prompt: Write a haiku about the sea.
max-new-tokens: 100
"""

    model_name: Annotated[str, Form("model", group="main", label="Model", options=MODELS)] = Field(
        examples=["mistral-small-latest"]
    )
    """Which of Mistral's models answers."""
    prompt: Annotated[str, Form("textarea", group="main", label="Prompt")]
    """What you ask."""
    system_message: Annotated[
        str | None, Form("textarea", group="main", label="System message", placeholder="You are a helpful assistant.")
    ] = None
    """How the model should behave. It has no effect when a chat history is given."""
    prompt_images: Annotated[list[str] | None, Form("list", group="main", label="Pictures")] = None
    """Pictures to look at, for a model that sees: files of this execution, web addresses, or base64."""
    chat_history: Annotated[list[HistoryMessage] | None, Form("messages", group="main", label="Chat history")] = None
    """What was said before, each turn with its role (system, user, assistant) and content."""
    max_new_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(None, ge=1)
    """The answer is cut after so many tokens."""
    temperature: Annotated[float | None, Form(group="sampling", label="Temperature")] = Field(None, ge=0, le=1.5)
    """0 is sober and repeatable, 1.5 is wild."""
    top_p: Annotated[float | None, Form(group="sampling", label="Top p")] = Field(None, ge=0, le=1)
    """Choose only among the likeliest words that together have this probability."""
    top_k: Annotated[int | None, Form(group="sampling", label="Top k")] = Field(None, ge=1)
    """Accepted, without effect: Mistral's models do not take it."""
    seed: Annotated[int | None, Form(group="sampling", label="Seed")] = Field(None, ge=0)
    """The same number asks for the same answer again."""
    safe: Annotated[bool | None, Form(group="advanced", label="Safe mode")] = None
    """Let Mistral put its safety prompt before the conversation."""

    def connection(self) -> Connection:
        mine = super().connection()
        return replace(mine, base_url=mine.base_url or self.home_url, server="" if mine.base_url else "Mistral AI")

    async def run(self, context: RunContext) -> TextGenerationChatOutputs:
        if self.top_k is not None:
            context.log("INFO", "top-k has no effect: Mistral's models do not take it.")
        connection, answer = self.connection(), CountedAnswer()
        await ask(context, connection, "/chat/completions", await self.parameters(context), answer)
        body = answer.body()
        measure(context, body, "chat", connection.priced_as)
        if any(choice.get("finish_reason") == "length" for choice in body["choices"]):
            context.log("WARN", "The answer was cut at the token limit; raise max-new-tokens to get all of it.")
        return _outputs(body)

    async def parameters(self, context: RunContext) -> dict[str, Any]:
        """The request in the words of Mistral's API: what the author wrote, and nothing else."""
        messages = await messages_of(
            context, self.prompt, self.system_message, self.prompt_images or (), self.chat_history or ()
        )
        values = {
            "max_tokens": self.max_new_tokens, "temperature": self.temperature, "top_p": self.top_p,
            "random_seed": self.seed, "safe_prompt": self.safe,
        }  # fmt: skip
        sent = {name: value for name, value in values.items() if value is not None}
        return {"model": self.model_name, "messages": messages, **sent}


def _outputs(body: dict[str, Any]) -> TextGenerationChatOutputs:
    counted = body.get("usage")
    usage = None
    if isinstance(counted, dict):
        usage = MistralUsage(input_tokens=counted.get("prompt_tokens"), output_tokens=counted.get("completion_tokens"))
    return TextGenerationChatOutputs(text=_text(body["choices"][0]["message"].get("content")), usage=usage)


def _text(content: Any) -> str:
    """The words of an answer; models that think give a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return str(content or "")
