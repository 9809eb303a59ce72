"""io.kestra.plugin.openai.ChatCompletion."""

import json
from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import (
    Field,
    Form,
    Outputs,
    RunContext,
    TaskFailure,
    ToolProperties,
    field_validator,
    model_validator,
)
from tasks_openai.answers import media, structured
from tasks_openai.answers.chat import ChatAnswer
from tasks_openai.kestra.asking import OpenAITask
from tasks_openai.kestra.chat_functions import ChatFunction, tool_choice, with_function_call
from tasks_openai.wire.calls import ask
from tasks_openai.wire.records import measure

_SENT_AS = {
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "max_tokens": "max_completion_tokens",
    "n": "n",
    "stop": "stop",
    "temperature": "temperature",
    "top_p": "top_p",
    "user": "user",
}
"""Properties that are sent as they are, by the API's names."""


Bias = Annotated[int, Field(ge=-100, le=100)]
MOST_FUNCTIONS = 128


class ChatMessage(ToolProperties):
    """One turn of the conversation. Keys that only some servers know are passed on."""

    model_config = {"extra": "allow"}

    role: Literal["user", "system", "assistant", "developer", "tool", "function"] = "user"
    """Who speaks: user is the person who asks, system sets the rules, assistant is the model."""
    content: Annotated[str | list[Any] | None, Form("textarea")] = None
    """What is said; a list of parts (text, image_url) where there are pictures."""
    name: str | None = None
    """Tells speakers of the same role apart, or names the function that answered."""
    function_call: Annotated[dict[str, Any] | None, Form("hidden")] = None
    """A call that the model made earlier."""

    @field_validator("role", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    def turn(self) -> dict[str, Any]:
        """As the API takes it: the arguments of an earlier call are text there."""
        turn = self.model_dump(mode="json", exclude_unset=True) | {"role": self.role}
        if self.function_call is not None:
            arguments = self.function_call.get("raw_arguments") or self.function_call.get("arguments") or ""
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            turn["function_call"] = {"name": self.function_call.get("name"), "arguments": text}
        if turn.get("tool_calls"):
            turn.pop("function_call", None)
        return turn


class ChatCompletionOutput(Outputs):
    """What a chat completion gives back."""

    id: str
    """The number of this completion at the service."""
    object: str
    """Always chat.completion."""
    model: str
    """The model that answered, with its version."""
    choices: list[dict[str, Any]]
    """The answers: choices[0].message.content is the text; a call stands in choices[0].message.function_call."""
    usage: dict[str, Any] | None
    """How many tokens were used: prompt_tokens, completion_tokens, total_tokens."""
    json_output: Any = None
    """The answer as data, where jsonResponseSchema asked for a shape; its text stays in choices."""


class ChatCompletion(OpenAITask):
    """Ask a chat model: send a prompt or a conversation and get its answer.

    The answer appears while it is written. With `functions` the model answers by calling one of them: good for sorting,
    deciding and extracting.
    """

    type_name: ClassVar[str] = "io.kestra.plugin.openai.ChatCompletion"
    title: ClassVar[str] = "Chat completion"
    example: ClassVar[str] = """\
id: completion
type: io.kestra.plugin.openai.ChatCompletion
apiKey: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
prompt: Explain in one sentence why data engineers build data pipelines
"""

    prompt: Annotated[str | None, Form("textarea", group="main", label="Prompt")] = Field(
        None, examples=["Summarise this review: {{ inputs.review }}"]
    )
    """What you ask. It is the last thing the user says, after the messages if there are some."""
    messages: Annotated[list[ChatMessage] | None, Form("messages", group="main", label="Conversation")] = None
    """The conversation so far: rules for the model (system), questions (user) and earlier answers (assistant)."""
    json_response_schema: Annotated[
        dict[str, Any] | None, Form("code", group="answer", label="Answer as JSON of this schema", language="json")
    ] = None
    """A JSON schema that the answer must fit. Every property must be required and additionalProperties false."""
    reask: Annotated[bool, Form(group="answer", label="Ask once more when it does not fit")] = False
    """When the answer does not fit the schema, tell the model what is wrong and ask it once again."""
    max_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(
        None, ge=1, examples=[500]
    )
    """The answer is cut after so many tokens (about 4 characters each); thinking counts too."""
    stop: Annotated[list[str] | None, Form("list", group="answer", label="Stop at")] = Field(None, max_length=4)
    """Up to 4 texts; the answer ends before the first of them."""
    n: Annotated[int, Form(group="answer", label="Number of answers")] = Field(1, ge=1, le=128)
    """How many answers to make; each is paid for."""
    temperature: Annotated[float, Form(group="sampling", label="Temperature")] = Field(1, ge=0, le=2)
    """0 is sober and repeatable, 2 is wild. Some models that think take only 1."""
    top_p: Annotated[float, Form(group="sampling", label="Top p")] = Field(1, ge=0, le=1)
    """Choose only among the likeliest words that together have this probability. Set this or the temperature."""
    frequency_penalty: Annotated[float, Form(group="sampling", label="Against repeated words")] = Field(0, ge=-2, le=2)
    """Above 0: the more often a word stands already, the less it is used again."""
    presence_penalty: Annotated[float, Form(group="sampling", label="For new topics")] = Field(0, ge=-2, le=2)
    """Above 0: words that stand already at all are used less."""
    logit_bias: Annotated[dict[str, Bias] | None, Form("map", group="sampling", label="Bias of single tokens")] = None
    """Token numbers with -100 (never) to 100 (always)."""
    functions: Annotated[list[ChatFunction] | None, Form("list", group="tools", label="Functions")] = Field(
        None, max_length=MOST_FUNCTIONS
    )
    """What the model may call instead of answering in words."""
    function_call: Annotated[str, Form(group="tools", label="Which function", options=("auto", "none"))] = "auto"
    """auto lets the model decide, none forbids calls, a function's name forces that call."""
    prompt_caching: Annotated[bool, Form(group="advanced", label="Keep the prompt cached for a day")] = False
    """Long prompts that begin alike become cheaper and quicker."""
    user: Annotated[str | None, Form(group="advanced", label="End user")] = None
    """A name for the person on whose behalf you ask, for the service's own abuse checks; not their real name."""

    @model_validator(mode="after")
    def _has_a_question(self) -> "ChatCompletion":
        if not self.prompt and not self.messages:
            raise ValueError("write a prompt or messages; both are empty")
        return self

    @model_validator(mode="after")
    def _has_a_strict_schema(self) -> "ChatCompletion":
        if self.json_response_schema is not None:
            self.check_strict(("jsonResponseSchema",), self.json_response_schema)
        return self

    async def run(self, context: RunContext) -> ChatCompletionOutput:
        parameters = self.parameters()
        parameters["messages"] = await media.embed(parameters["messages"], context)
        outputs = await self._asked(context, parameters)
        if self.json_response_schema is None or _refusal(outputs):
            return outputs

        async def again(answered: ChatCompletionOutput, complaint: str) -> ChatCompletionOutput:
            said = {"role": "assistant", "content": _text(answered)}
            turns = [*parameters["messages"], said, {"role": "user", "content": complaint}]
            return await self._asked(context, {**parameters, "messages": turns})

        return await structured.trusted(
            context, outputs, self.json_response_schema, _text, again if self.reask else None
        )

    async def _asked(self, context: RunContext, parameters: dict[str, Any]) -> ChatCompletionOutput:
        connection, answer = self.connection(), ChatAnswer()
        await ask(context, connection, "/chat/completions", parameters, answer)
        body = answer.body()
        measure(context, body, "chat", connection.priced_as)
        outputs = _outputs(body)
        self._judge(context, outputs, connection.place(self.model).server)
        return outputs

    def parameters(self) -> dict[str, Any]:
        """The request: what the author wrote, and nothing else."""
        turns = [message.turn() for message in self.messages or ()]
        if self.prompt:
            turns.append({"role": "user", "content": self.prompt})
        sent: dict[str, Any] = {"model": self.model, "messages": turns}
        for name, parameter in _SENT_AS.items():
            value = getattr(self, name)
            if name in self.model_fields_set and value is not None:
                sent[parameter] = value
        if self.functions:
            sent["tools"] = [function.tool() for function in self.functions]
        if self.function_call and "function_call" in self.model_fields_set:
            sent["tool_choice"] = tool_choice(self.function_call, self.functions or ())
        if self.json_response_schema is not None:
            schema = {"name": "kestra_schema", "strict": True, "schema": self.json_response_schema}
            sent["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self.prompt_caching:
            sent["prompt_cache_retention"] = "24h"
        return sent

    def _judge(self, context: RunContext, outputs: ChatCompletionOutput, server: str) -> None:
        """Says what is not as it should be with an answer that came whole."""
        reasons = [choice.get("finish_reason") for choice in outputs.choices]
        if "content_filter" in reasons:
            sentence = f"The content filter of {server} stopped the answer; rephrase the prompt."
            raise TaskFailure(sentence, outputs=outputs.model_dump())
        if "length" in reasons:
            context.log("WARN", "The answer was cut at the token limit; raise maxTokens to get all of it.")
        for choice in outputs.choices:
            if choice["message"].get("refusal"):
                context.log("WARN", f"The model refused: {choice['message']['refusal']}")


def _text(outputs: ChatCompletionOutput) -> str:
    return str(outputs.choices[0]["message"].get("content") or "")


def _refusal(outputs: ChatCompletionOutput) -> str:
    return str(outputs.choices[0]["message"].get("refusal") or "")


def _outputs(body: dict[str, Any]) -> ChatCompletionOutput:
    choices = [{**choice, "message": with_function_call(choice["message"])} for choice in body["choices"]]
    usage = body.get("usage")
    return ChatCompletionOutput(
        id=str(body.get("id") or ""),
        object="chat.completion",
        model=str(body.get("model") or ""),
        choices=choices,
        usage=usage if isinstance(usage, dict) else None,
    )
