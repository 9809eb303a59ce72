"""openai.CreateChatCompletion."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, WrongProperty, field_validator, model_validator
from tasks_openai.answers import media
from tasks_openai.answers.chat import ChatAnswer
from tasks_openai.toolkit.chat_fields import Answers, ChatModel, Stop
from tasks_openai.toolkit.sampling import SamplingTool
from tasks_openai.toolkit.tool import ToolOutputs
from tasks_openai.wire.calls import ask
from tasks_openai.wire.records import measure


class ChatCompletionAnswer(ToolOutputs):
    """A chat completion as the API answers it."""

    id: str = ""
    """The number of this completion; with `store`, other tools find it by it."""
    object: str = "chat.completion"
    """Always chat.completion."""
    created: int | None = None
    """When it was made, in seconds since 1970."""
    model: str = ""
    """The model that answered, with its version."""
    choices: list[dict[str, Any]]
    """The answers: choices[0].message.content is the text; spoken ones have message.audio.uri."""
    usage: dict[str, Any] | None = None
    """How many tokens were used."""
    service_tier: str | None = None
    """How the request was served."""
    system_fingerprint: str | None = None
    """Which configuration answered; the same seed gives the same answer as long as it stays the same."""
    metadata: dict[str, Any] | None = None
    """The notes kept with a stored completion."""


class CreateChatCompletion(SamplingTool):
    """Create a model's answer to a conversation of text, pictures and sound.

    The whole of OpenAI's Chat Completions call, parameter by parameter. The answer appears while it is written.
    """

    type_name: ClassVar[str] = "openai.CreateChatCompletion"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_chat_completion",)
    title: ClassVar[str] = "Create chat completion"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/chat/completions"
    example: ClassVar[str] = """\
id: answer
type: openai.CreateChatCompletion
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
messages:
  - role: developer
    content: Answer in one sentence.
  - role: user
    content: Why is the sky blue?
"""

    model: ChatModel = Field(examples=["gpt-5.4-mini"])
    """Which model answers. Choose a suggestion or write any other name."""
    messages: Annotated[list[Any], Form("messages", group="main", label="Conversation")] = Field(min_length=1)
    """The conversation so far; a turn's content is a text, or a list of parts with text, image_url or input_audio."""
    audio: Annotated[dict[str, Any] | None, Form("yaml", group="answer", label="Sound of the answer")] = Field(
        None, examples=['{"format": "mp3", "voice": "alloy"}']
    )
    """Format and voice, when `modalities` holds audio."""
    modalities: Annotated[
        list[Literal["text", "audio"]] | None, Form("list", group="answer", label="Kinds of answer")
    ] = None
    """What to make: text, or text and audio with a model that speaks."""
    response_format: Annotated[dict[str, Any] | None, Form("yaml", group="answer", label="Shape of the answer")] = (
        Field(None, examples=['{"type": "json_object"}'])
    )
    """type text, json_object, or json_schema with a schema that the answer must fit."""
    max_completion_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(
        None, ge=1
    )
    """The answer is cut after so many tokens; thinking counts too."""
    max_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (older models)")] = Field(None, ge=1)
    """The older name of max_completion_tokens; models that think refuse it."""
    stop: Stop = None
    """Up to 4 texts; the answer ends before the first of them. The newest models do not take it."""
    n: Answers = None
    """How many answers to make; each is paid for."""
    prediction: Annotated[dict[str, Any] | None, Form("yaml", group="answer", label="Expected answer")] = Field(
        None, examples=['{"type": "content", "content": "..."}']
    )
    """Most of the answer, when it is known beforehand: rewriting a file with small changes goes quicker."""
    reasoning_effort: Annotated[
        str | None,
        Form(
            group="sampling",
            label="Effort of thinking",
            options=("none", "minimal", "low", "medium", "high", "xhigh", "max"),
        ),
    ] = None
    """How much a model that thinks should think before it answers."""
    logprobs: Annotated[bool | None, Form(group="sampling", label="Probabilities")] = None
    """Give the probability of each word of the answer too."""
    top_logprobs: Annotated[int | None, Form(group="sampling", label="Likeliest alternatives")] = Field(
        None, ge=0, le=20
    )
    """How many likely alternatives to give for each word; needs logprobs."""
    tools: Annotated[list[dict[str, Any]] | None, Form("yaml", group="tools", label="Tools")] = Field(
        None, max_length=128
    )
    """Functions that the model may call instead of answering in words."""
    tool_choice: Annotated[str | dict[str, Any] | None, Form(group="tools", label="Use of tools")] = Field(
        None, examples=["auto"]
    )
    """none, auto or required; or the one function that must be called."""
    parallel_tool_calls: Annotated[bool | None, Form(group="tools", label="Several tools at once")] = None
    """Whether the model may call several tools at the same time."""
    functions: Annotated[list[dict[str, Any]] | None, Form("yaml", group="tools", label="Functions (old)")] = Field(
        None, max_length=128
    )
    """The older form of tools."""
    function_call: Annotated[str | dict[str, Any] | None, Form(group="tools", label="Which function (old)")] = None
    """The older form of tool_choice: none, auto, or {"name": "..."}."""
    web_search_options: Annotated[dict[str, Any] | None, Form("yaml", group="tools", label="Web search")] = Field(
        None, examples=['{"search_context_size": "medium"}']
    )
    """Let a model that searches the web do so: how much it reads, and where the user is."""
    store: Annotated[bool | None, Form(group="advanced", label="Keep at OpenAI")] = None
    """Whether the service keeps the completion, so that other tools can list, read and delete it."""

    @field_validator("reasoning_effort")
    @classmethod
    def _small(cls, effort: str | None) -> str | None:
        return effort and effort.lower()

    @model_validator(mode="after")
    def _fits_together(self) -> "CreateChatCompletion":
        if "audio" in (self.modalities or ()) and self.audio is None:
            raise WrongProperty(("audio",), "must say format and voice, since modalities holds audio")
        if self.top_logprobs is not None and not self.logprobs:
            raise WrongProperty(("top_logprobs",), "needs logprobs: true")
        return self

    async def run(self, context: RunContext) -> ChatCompletionAnswer:
        connection, answer = self.connection(), ChatAnswer()
        await ask(context, connection, self.path, await self.embedded(context), answer, streams=self.streams())
        body = answer.body()
        measure(context, body, "chat", connection.priced_as)
        return ChatCompletionAnswer.of(await with_sound(context, body))


async def with_sound(context: RunContext, body: dict[str, Any]) -> dict[str, Any]:
    """The completion with spoken answers kept as files: `audio.uri` in place of `audio.data`."""
    choices = [dict(choice) for choice in body.get("choices") or ()]
    for number, choice in enumerate(choices):
        audio = (choice.get("message") or {}).get("audio")
        if isinstance(audio, dict) and isinstance(audio.get("data"), str):
            uri = await media.keep(context, f"answer-{number}", media.from_base64(audio["data"]))
            kept = {key: value for key, value in audio.items() if key != "data"} | {"uri": uri}
            choice["message"] = {**choice["message"], "audio": kept}
    return {**body, "choices": choices}
