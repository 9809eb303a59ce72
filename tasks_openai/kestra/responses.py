"""io.kestra.plugin.openai.Responses."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import (
    Field,
    Form,
    Outputs,
    RunContext,
    TaskFailure,
    ToolProperties,
    WrongProperty,
    field_validator,
    model_validator,
)
from tasks_openai.answers import media, structured
from tasks_openai.answers.responses import (
    ResponsesAnswer,
    calls_functions,
    fault,
    output_text,
    refusal,
    sources,
    unfinished,
)
from tasks_openai.kestra.asking import OpenAITask
from tasks_openai.wire.calls import ask
from tasks_openai.wire.failures import Place, excerpt
from tasks_openai.wire.records import measure

_AS_WRITTEN = (
    "max_output_tokens",
    "parallel_tool_calls",
    "store",
    "temperature",
    "top_p",
    "text",
    "tools",
    "user",
    "reasoning",
)
"""Properties that are sent as they are."""


FEWEST_TOKENS = 16


class Reasoning(ToolProperties):
    """How a model thinks. Keys that are not known here are passed on."""

    model_config = {"extra": "allow"}

    effort: Annotated[str | None, Form(options=("none", "minimal", "low", "medium", "high", "xhigh", "max"))] = None
    """More effort: better answers to hard questions, slower and dearer."""
    summary: Annotated[str | None, Form(options=("auto", "concise", "detailed"))] = None
    """Have the model sum up what it thought."""


class AnswerText(ToolProperties):
    """What the answer looks like. Keys that are not known here are passed on."""

    model_config = {"extra": "allow"}

    format: Annotated[dict[str, Any] | None, Form("yaml")] = Field(
        None, examples=['{"type": "json_schema", "name": "food", "schema": {"type": "object"}}']
    )
    """type json_schema with a name and a schema that the answer must fit; or just type json_object or text."""
    verbosity: Annotated[str | None, Form(options=("low", "medium", "high"))] = None
    """Whether to answer briefly or at length."""


class ResponsesOutput(Outputs):
    """What a response gives back."""

    output_text: str
    """The answer's text; the arguments (JSON text) where the model called a function."""
    response_id: str
    """The number of this response; give it to the next one as previousResponseId to go on with the conversation."""
    sources: list[str]
    """Addresses of the web pages and names of the files that the answer cites."""
    raw_response: dict[str, Any]
    """All that the service answered."""
    json_output: Any = None
    """The answer as data, where `text` asked for a schema; its text stays in outputText."""


class Responses(OpenAITask):
    """Ask a model that can search the web, read files, run code or call your functions.

    Uses OpenAI's Responses API: it can go on with an earlier conversation and answer in a JSON shape of your choice.
    The answer appears while it is written.
    """

    type_name: ClassVar[str] = "io.kestra.plugin.openai.Responses"
    title: ClassVar[str] = "Responses"
    example: ClassVar[str] = """\
id: trends
type: io.kestra.plugin.openai.Responses
apiKey: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
input: List recent trends in workflow orchestration
toolChoice: REQUIRED
tools:
  - type: web_search_preview
"""

    input: Annotated[str | list[Any] | dict[str, Any], Form("textarea", group="main", label="Prompt")] = Field(
        examples=["Summarise this review: {{ inputs.review }}"]
    )
    """What you ask: a text, or a list of messages (role and content, with pictures and files as parts)."""
    previous_response_id: Annotated[str | None, Form(group="main", label="Go on after response")] = Field(
        None, examples=["{{ kv('RESPONSE_ID', errorOnMissing=false) }}"]
    )
    """The responseId of an earlier answer: the model remembers that conversation. Empty begins a new one."""
    tools: Annotated[list[dict[str, Any]] | None, Form("yaml", group="tools", label="Tools")] = Field(
        None, examples=['[{"type": "web_search_preview"}]']
    )
    """What the model may use: web_search_preview, file_search, code_interpreter, image_generation, mcp, function ..."""
    tool_choice: Annotated[Literal["NONE", "AUTO", "REQUIRED"], Form(group="tools", label="Use of tools")] = "AUTO"
    """NONE: no tool; AUTO: the model decides; REQUIRED: it must use one."""
    parallel_tool_calls: Annotated[bool, Form(group="tools", label="Several tools at once")] = True
    """Whether the model may call several tools at the same time."""
    text: Annotated[AnswerText | None, Form("section", group="answer", label="Shape of the answer")] = None
    """Have the answer fit a JSON schema, and be short or long."""
    reask: Annotated[bool, Form(group="answer", label="Ask once more when it does not fit")] = False
    """When the answer does not fit the schema of `text`, tell the model what is wrong and ask it once again."""
    max_output_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(None, ge=1)
    """The answer is cut after so many tokens (about 4 characters each); thinking counts too."""
    reasoning: Annotated[Reasoning | None, Form("section", group="sampling", label="Thinking")] = None
    """How much a model that thinks should think before it answers."""
    temperature: Annotated[float, Form(group="sampling", label="Temperature")] = Field(1, ge=0, le=2)
    """0 is sober and repeatable, 2 is wild. Some models that think take only 1."""
    top_p: Annotated[float, Form(group="sampling", label="Top p")] = Field(1, ge=0, le=1)
    """Choose only among the likeliest words that together have this probability. Set this or the temperature."""
    store: Annotated[bool, Form(group="advanced", label="Keep at OpenAI")] = True
    """Whether the service keeps the answer, so that a later one can go on after it."""
    prompt_id: Annotated[str | None, Form(group="advanced", label="Stored prompt")] = None
    """The number of a prompt that is kept at OpenAI."""
    prompt_variables: Annotated[
        dict[str, str] | None, Form("map", group="advanced", label="Values for the stored prompt")
    ] = None
    """What to put in the places of the stored prompt."""
    prompt_caching: Annotated[bool, Form(group="advanced", label="Keep the prompt cached for a day")] = False
    """Long prompts that begin alike become cheaper and quicker."""
    user: Annotated[str | None, Form(group="advanced", label="End user")] = None
    """A name for the person on whose behalf you ask, for the service's own abuse checks; not their real name."""

    @field_validator("tool_choice", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_room_for_an_answer(self) -> "Responses":
        if self.base_url is None and self.max_output_tokens is not None and self.max_output_tokens < FEWEST_TOKENS:
            raise WrongProperty(("maxOutputTokens",), f"must be at least {FEWEST_TOKENS}, the fewest that OpenAI takes")
        return self

    @model_validator(mode="after")
    def _has_a_strict_schema(self) -> "Responses":
        schema = self._schema()
        if schema is not None and self.text and (self.text.format or {}).get("strict") is not False:
            self.check_strict(("text", "format", "schema"), schema)
        for path, found in structured.strict_schemas(self.tools, ("tools",)):
            self.check_strict(path, found)
        return self

    async def run(self, context: RunContext) -> ResponsesOutput:
        parameters = await media.embed(self.parameters(), context)
        outputs, schema = await self._asked(context, parameters), self._schema()
        if schema is None or refusal(outputs.raw_response) or calls_functions(outputs.raw_response):
            return outputs

        async def again(answered: ResponsesOutput, complaint: str) -> ResponsesOutput:
            said = {"role": "assistant", "content": answered.output_text}
            turns = [*_turns(parameters["input"]), said, {"role": "user", "content": complaint}]
            return await self._asked(context, {**parameters, "input": turns})

        return await structured.trusted(
            context, outputs, schema, lambda answered: answered.output_text, again if self.reask else None
        )

    async def _asked(self, context: RunContext, parameters: dict[str, Any]) -> ResponsesOutput:
        connection, answer = self.connection(), ResponsesAnswer()
        await ask(context, connection, "/responses", parameters, answer)
        body = answer.body()
        measure(context, body, "responses", connection.priced_as)
        outputs = ResponsesOutput(
            output_text=output_text(body),
            response_id=str(body.get("id") or ""),
            sources=sources(body),
            raw_response=body,
        )
        self._judge(context, outputs, connection.place(self.model))
        return outputs

    def _schema(self) -> dict[str, Any] | None:
        """The schema that the answer must fit, where one is asked for."""
        wanted = (self.text.format if self.text else None) or {}
        schema = wanted.get("schema") if wanted.get("type") == "json_schema" else None
        return schema if isinstance(schema, dict) else None

    def parameters(self) -> dict[str, Any]:
        """The request: what the author wrote, and nothing else."""
        sent: dict[str, Any] = {
            "model": self.model,
            "input": [self.input] if isinstance(self.input, dict) else self.input,
        }
        for name in _AS_WRITTEN:
            value = getattr(self, name)
            if name in self.model_fields_set and value is not None:
                sent[name] = value.written() if isinstance(value, ToolProperties) else value
        if self.previous_response_id:
            sent["previous_response_id"] = self.previous_response_id
        if "tool_choice" in self.model_fields_set:
            sent["tool_choice"] = self.tool_choice.lower()
        if self.prompt_id:
            variables = {"variables": self.prompt_variables} if self.prompt_variables else {}
            sent["prompt"] = {"id": self.prompt_id, **variables}
        if self.prompt_caching:
            sent["prompt_cache_retention"] = "24h"
        return sent

    def _judge(self, context: RunContext, outputs: ResponsesOutput, place: Place) -> None:
        """Says what is not as it should be with an answer that came whole."""
        body = outputs.raw_response
        status, why = body.get("status"), unfinished(body)
        if status == "failed":
            said = excerpt(fault(body), place)
            raise TaskFailure(f"{place.subject} could not finish the answer: {said}", outputs=outputs.model_dump())
        if status == "incomplete" and why == "content_filter":
            raise TaskFailure(
                f"The content filter of {place.server} stopped the answer; rephrase the prompt.",
                outputs=outputs.model_dump(),
            )
        if status == "incomplete":
            context.log("WARN", f"The answer was cut ({why}); raise maxOutputTokens to get all of it.")
        if said := refusal(body):
            context.log("WARN", f"The model refused: {said}")


def _turns(asked: str | list[Any]) -> list[Any]:
    return [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
