"""openai.CreateResponse."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, TaskFailure
from tasks_openai.answers.responses import ResponsesAnswer, fault
from tasks_openai.toolkit.chat_fields import ChatModel, Streams
from tasks_openai.toolkit.streaming import StreamingTool
from tasks_openai.toolkit.tool import ToolOutputs
from tasks_openai.wire.calls import ask
from tasks_openai.wire.failures import excerpt
from tasks_openai.wire.records import measure


class ResponseAnswer(ToolOutputs):
    """A response as the API answers it."""

    id: str = ""
    """The number of this response; give it to the next one as previous_response_id to go on."""
    object: str = "response"
    """Always response."""
    created_at: float | None = None
    """When it was made, in seconds since 1970."""
    status: str | None = None
    """completed, incomplete, queued, in_progress, failed or cancelled."""
    model: str = ""
    """The model that answered."""
    output: list[Any] = []
    """All that the model made, in order: messages, calls of tools, its thinking."""
    usage: dict[str, Any] | None = None
    """How many tokens were used."""
    error: Any = None
    """What went wrong."""
    incomplete_details: Any = None
    """Why the answer stopped before its end."""
    instructions: Any = None
    """The rules that held."""
    metadata: dict[str, Any] | None = None
    """The notes kept with it."""
    previous_response_id: str | None = None
    """The response that it goes on after."""


class CreateResponse(StreamingTool):
    """Create a model's response, with text, pictures and tools of the service.

    The whole of OpenAI's Responses call, parameter by parameter. The answer appears while it is written.
    """

    type_name: ClassVar[str] = "openai.CreateResponse"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_response",)
    title: ClassVar[str] = "Create response"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/responses"
    example: ClassVar[str] = """\
id: answer
type: openai.CreateResponse
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
input: Why is the sky blue?
instructions: Answer in one sentence.
"""

    model: ChatModel = Field(examples=["gpt-5.4-mini"])
    """Which model answers. Choose a suggestion or write any other name."""
    input: Annotated[str | list[Any], Form("textarea", group="main", label="Prompt")]
    """What you ask: a text, or a list of messages with texts, pictures and files."""
    instructions: Annotated[str | None, Form("textarea", group="main", label="Rules for the model")] = None
    """How to answer; it holds for this response and not for those after it."""
    previous_response_id: Annotated[str | None, Form(group="main", label="Go on after response")] = None
    """The id of an earlier response: the model remembers that conversation."""
    max_output_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(None, ge=16)
    """The answer is cut after so many tokens; thinking counts too."""
    text: Annotated[dict[str, Any] | None, Form("yaml", group="answer", label="Shape of the answer")] = Field(
        None, examples=['{"format": {"type": "json_object"}}']
    )
    """Its format (text, json_object, json_schema) and how long-winded it is."""
    include: Annotated[
        list[str] | None,
        Form(
            "list",
            group="answer",
            label="Give as well",
            options=(
                "file_search_call.results",
                "web_search_call.results",
                "web_search_call.action.sources",
                "message.input_image.image_url",
                "computer_call_output.output.image_url",
                "code_interpreter_call.outputs",
                "reasoning.encrypted_content",
                "message.output_text.logprobs",
            ),
        ),
    ] = None
    """What more the answer should hold, such as the results of a file search."""
    reasoning: Annotated[dict[str, Any] | None, Form("yaml", group="sampling", label="Thinking")] = Field(
        None, examples=['{"effort": "low"}']
    )
    """How much a model that thinks should think, and whether it sums up what it thought."""
    tools: Annotated[list[Any] | None, Form("yaml", group="tools", label="Tools")] = Field(
        None, examples=['[{"type": "web_search"}]']
    )
    """What the model may use: web_search, file_search, code_interpreter, mcp, function ..."""
    tool_choice: Annotated[str | dict[str, Any] | None, Form(group="tools", label="Use of tools")] = Field(
        None, examples=["auto"]
    )
    """none, auto or required; or the one tool that must be used."""
    parallel_tool_calls: Annotated[bool | None, Form(group="tools", label="Several tools at once")] = None
    """Whether the model may call several tools at the same time."""
    truncation: Annotated[
        Literal["auto", "disabled"] | None, Form(group="advanced", label="Too long a conversation")
    ] = None
    """auto leaves out the middle of a conversation that is too long; disabled fails."""
    store: Annotated[bool | None, Form(group="advanced", label="Keep at OpenAI")] = None
    """Whether the service keeps the response; it does when this is not set."""
    stream: Streams = None
    """Answers are always streamed to the page; false asks for the whole at once."""

    async def run(self, context: RunContext) -> ResponseAnswer:
        connection, answer = self.connection(), ResponsesAnswer()
        await ask(context, connection, self.path, await self.embedded(context), answer, streams=self.streams())
        body = answer.body()
        measure(context, body, "responses", connection.priced_as)
        outputs = ResponseAnswer.of(body)
        if outputs.status == "failed":
            place = connection.place(self.model)
            said = excerpt(fault(body), place)
            raise TaskFailure(f"{place.subject} could not finish the answer: {said}", outputs=outputs.model_dump())
        return outputs
