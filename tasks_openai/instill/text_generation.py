"""instill.openai.TextGeneration."""

import json
from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import (
    AliasChoices,
    Field,
    Form,
    InstillOutputs,
    InstillProperties,
    RunContext,
    TaskFailure,
    WrongProperty,
    holds_template,
    model_validator,
)
from tasks_openai.answers import structured
from tasks_openai.answers.chat import ChatAnswer
from tasks_openai.instill.connecting import InstillModelTask
from tasks_openai.instill.conversation import HistoryMessage, messages_of
from tasks_openai.model_names import CHAT_MODELS
from tasks_openai.wire.calls import ask
from tasks_openai.wire.records import measure

Json = dict[str, Any]
_SENT_AS = {
    "temperature": "temperature",
    "n": "n",
    "max_tokens": "max_completion_tokens",
    "top_p": "top_p",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Properties that are sent as they are, by the API's names."""


class ResponseType(InstillProperties):
    """The shape of the answer."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    """text, json_object (any JSON object), or json_schema (JSON that fits `json-schema`)."""
    json_schema: Annotated[str | Json | None, Form("code", language="json")] = None
    """With json_schema: a name, the schema and whether to be strict, as one JSON text; or just the schema."""

    @model_validator(mode="after")
    def _has_its_schema(self) -> "ResponseType":
        if self.type == "json_schema" and not self.json_schema:
            raise WrongProperty(("json-schema",), "is missing; type json_schema needs it")
        if isinstance(self.json_schema, str) and not holds_template(self.json_schema):
            self.named_schema()
        return self

    def named_schema(self) -> Json:
        """The schema with its name. Raises WrongProperty when it is not JSON."""
        try:
            given = json.loads(self.json_schema) if isinstance(self.json_schema, str) else self.json_schema
        except ValueError as error:
            raise WrongProperty(("json-schema",), f"is not valid JSON: {error}") from None
        if not isinstance(given, dict):
            raise WrongProperty(("json-schema",), "must be a JSON object")
        return given if isinstance(given.get("schema"), dict) else {"name": "answer", "schema": given}

    def format(self) -> Json:
        """As the API takes it."""
        return {"type": self.type} | ({"json_schema": self.named_schema()} if self.type == "json_schema" else {})


class Prediction(InstillProperties):
    """What the answer will be for the most part."""

    content: Annotated[str, Form("textarea")]
    """The text that is expected; rewriting it with small changes goes quicker."""


class ToolFunction(InstillProperties):
    """A function that the model may call."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    """Letters, digits, underscores and dashes, at most 64."""
    description: str | None = None
    """What it does; the model decides by this when to call it."""
    parameters: Annotated[Json | None, Form("yaml")] = None
    """What it takes, as a JSON schema."""
    strict: bool | None = None
    """Whether calls must fit the schema exactly."""


class Tool(InstillProperties):
    """A tool of the model: a function."""

    function: ToolFunction
    """The function."""
    type: Literal["function"] = "function"
    """Always function."""


class ToolCallFunction(InstillOutputs):
    """The function that was called."""

    name: str
    """Its name."""
    arguments: str
    """The arguments as JSON text; models do not always write valid JSON."""


class ToolCall(InstillOutputs):
    """A call that the model asks for."""

    type: str
    """Always function."""
    function: ToolCallFunction
    """Which function, and with what."""


class TextGenerationOutputs(InstillOutputs):
    """What the model answered."""

    texts: list[str]
    """The answers, one for each of `n`."""
    tool_calls: list[ToolCall] | None = None
    """The calls that the first answer asks for."""
    usage: dict[str, Any] | None = None
    """Tokens: prompt-tokens, completion-tokens, total-tokens, prompt-token-details, completion-token-details."""


class TextGeneration(InstillModelTask):
    """Ask one of OpenAI's chat models, in the words of Instill's TASK_TEXT_GENERATION.

    The answer appears while it is written.
    """

    type_name: ClassVar[str] = "instill.openai.TextGeneration"
    title: ClassVar[str] = "Text generation"
    example: ClassVar[str] = """\
id: openai
type: instill.openai.TextGeneration
setup:
  api-key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
prompt: Explain to a beginner what an API is.
system-message: You are a helpful assistant.
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=CHAT_MODELS)] = Field(
        examples=["gpt-5.4-mini"]
    )
    """Which model answers. Choose a suggestion or write any other name."""
    prompt: Annotated[str, Form("textarea", group="main", label="Prompt")]
    """What you ask."""
    system_message: Annotated[
        str | None, Form("textarea", group="main", label="System message", placeholder="You are a helpful assistant.")
    ] = None
    """How the model should behave. It has no effect when a chat history is given."""
    images: Annotated[list[str] | None, Form("list", group="main", label="Pictures")] = None
    """Pictures to look at: files of this execution, web addresses, or base64."""
    chat_history: Annotated[list[HistoryMessage] | None, Form("messages", group="main", label="Chat history")] = None
    """What was said before, each turn with its role (system, user, assistant) and content."""
    response_type: Annotated[ResponseType | None, Form(group="answer", label="Shape of the answer")] = Field(
        None, validation_alias=AliasChoices("response-type", "response-format")
    )
    """Text, a JSON object, or JSON of a schema."""
    max_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(None, ge=1)
    """The answer is cut after so many tokens; thinking counts too."""
    n: Annotated[int | None, Form(group="answer", label="Number of answers")] = Field(None, ge=1, le=128)
    """How many answers to make; each is paid for."""
    prediction: Annotated[Prediction | None, Form(group="answer", label="Expected answer")] = None
    """Most of the answer, where it is known beforehand."""
    temperature: Annotated[float | None, Form(group="sampling", label="Temperature")] = Field(None, ge=0, le=2)
    """0 is sober and repeatable, 2 is wild. Some models that think take only 1."""
    top_p: Annotated[float | None, Form(group="sampling", label="Top p")] = Field(None, ge=0, le=1)
    """Choose only among the likeliest words that together have this probability. Set this or the temperature."""
    presence_penalty: Annotated[float | None, Form(group="sampling", label="For new topics")] = Field(None, ge=-2, le=2)
    """Above 0: words that stand already at all are used less."""
    frequency_penalty: Annotated[float | None, Form(group="sampling", label="Against repeated words")] = Field(
        None, ge=-2, le=2
    )
    """Above 0: the more often a word stands already, the less it is used again."""
    tools: Annotated[list[Tool] | None, Form("list", group="tools", label="Tools")] = Field(None, max_length=128)
    """Functions that the model may call instead of answering in words, at most 128."""
    tool_choice: Annotated[str | Json | None, Form(group="tools", label="Use of tools")] = Field(
        None, examples=["auto"]
    )
    """none, auto or required; or the one function that must be called."""

    @model_validator(mode="after")
    def _has_a_strict_schema(self) -> "TextGeneration":
        wanted = self.response_type
        if wanted is not None and wanted.type == "json_schema" and not holds_template(wanted.json_schema):
            named = wanted.named_schema()
            if named.get("strict"):
                self.check_strict(("response-type", "json-schema"), named["schema"])
        return self

    async def run(self, context: RunContext) -> TextGenerationOutputs:
        connection, answer = self.connection(), ChatAnswer()
        await ask(context, connection, "/chat/completions", await self.parameters(context), answer)
        body = answer.body()
        measure(context, body, "chat", connection.priced_as)
        outputs = outputs_of(body)
        self._judge(context, body, outputs)
        return outputs

    async def parameters(self, context: RunContext) -> Json:
        """The request: what the author wrote, and nothing else."""
        messages = await messages_of(
            context, self.prompt, self.system_message, self.images or (), self.chat_history or ()
        )
        values = {sent: getattr(self, name) for name, sent in _SENT_AS.items()}
        sent = {"model": self.model, "messages": messages, **{k: v for k, v in values.items() if v is not None}}
        if self.response_type is not None:
            sent["response_format"] = self.response_type.format()
        if self.prediction is not None:
            sent["prediction"] = {"type": "content", "content": self.prediction.content}
        if self.tools:
            functions = [one.function.model_dump(mode="json", exclude_none=True) for one in self.tools]
            sent["tools"] = [{"type": "function", "function": function} for function in functions]
        if self.tool_choice:
            sent["tool_choice"] = self.tool_choice
        return sent

    def _judge(self, context: RunContext, body: Json, outputs: TextGenerationOutputs) -> None:
        """Says what is not as it should be with an answer that came whole."""
        reasons = [choice.get("finish_reason") for choice in body["choices"]]
        if "content_filter" in reasons:
            sentence = "The service's content filter stopped the answer; rephrase the prompt."
            raise TaskFailure(sentence, outputs=outputs.model_dump(mode="json"))
        if "length" in reasons:
            context.log("WARN", "The answer was cut at the token limit; raise max-tokens to get all of it.")
        refusals = [choice["message"].get("refusal") for choice in body["choices"]]
        for refusal in filter(None, refusals):
            context.log("WARN", f"The model refused: {refusal}")
        if self.response_type is None or self.response_type.type != "json_schema" or any(refusals):
            return
        for text in filter(None, outputs.texts):
            found = structured.fitting(text, self.response_type.named_schema()["schema"])
            if found.faults:
                raise structured.misfit(found, outputs.model_dump(mode="json"))


def outputs_of(body: Json) -> TextGenerationOutputs:
    """A chat completion in Instill's words."""
    messages = [choice["message"] for choice in body["choices"]]
    return TextGenerationOutputs(
        texts=[str(message.get("content") or "") for message in messages],
        tool_calls=[_call(one) for one in messages[0].get("tool_calls") or ()] or None,
        usage=_usage(body.get("usage")),
    )


def _call(one: Json) -> ToolCall:
    function = one.get("function") or {}
    called = ToolCallFunction(name=str(function.get("name") or ""), arguments=str(function.get("arguments") or ""))
    return ToolCall(type=str(one.get("type") or "function"), function=called)


def _usage(counted: Any) -> Json | None:
    """The counts by Instill's names: `prompt_tokens_details` is prompt-token-details there."""
    if not isinstance(counted, dict):
        return None
    return {
        key.replace("tokens_details", "token-details").replace("_", "-"): _usage(value)
        if isinstance(value, dict)
        else value
        for key, value in counted.items()
    }
