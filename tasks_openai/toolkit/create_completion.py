"""openai.CreateCompletion."""

from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, RunContext, WrongProperty, model_validator
from tasks_openai.answers.completion import CompletionAnswer
from tasks_openai.toolkit.chat_fields import Answers, Stop, User
from tasks_openai.toolkit.sampling import SamplingTool
from tasks_openai.toolkit.tool import ToolOutputs
from tasks_openai.wire.calls import ask
from tasks_openai.wire.records import measure


class CompletionOutputs(ToolOutputs):
    """A completion as the API answers it."""

    id: str = ""
    """The number of this completion."""
    object: str = "text_completion"
    """Always text_completion."""
    created: int | None = None
    """When it was made, in seconds since 1970."""
    model: str = ""
    """The model that answered."""
    choices: list[dict[str, Any]]
    """The answers: choices[0].text."""
    usage: dict[str, Any] | None = None
    """How many tokens were used."""


class CreateCompletion(SamplingTool):
    """Continue a text: the older call for models that complete and do not converse."""

    type_name: ClassVar[str] = "openai.CreateCompletion"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_completion",)
    title: ClassVar[str] = "Create completion"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/completions"
    instead: ClassVar[str] = (
        "OpenAI has retired most models of this call; use openai.CreateChatCompletion or openai.CreateResponse, "
        "or a compatible server by base_url."
    )
    example: ClassVar[str] = """\
id: story
type: openai.CreateCompletion
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-3.5-turbo-instruct
prompt: Once upon a time
max_tokens: 100
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=("gpt-3.5-turbo-instruct",))] = Field(
        examples=["gpt-3.5-turbo-instruct"]
    )
    """Which model continues the text."""
    prompt: Annotated[str | list[Any], Form("textarea", group="main", label="Beginning of the text")]
    """What to continue: a text, a list of texts, or token numbers."""
    suffix: Annotated[str | None, Form("textarea", group="main", label="What comes after")] = None
    """The text that follows what is made, for models that can insert."""
    max_tokens: Annotated[int | None, Form(group="answer", label="Longest answer (tokens)")] = Field(None, ge=0)
    """The text is cut after so many tokens; 16 when it is not set."""
    stop: Stop = None
    """Up to 4 texts; the answer ends before the first of them."""
    n: Answers = None
    """How many continuations to make for each prompt."""
    best_of: Annotated[int | None, Form(group="answer", label="Best of")] = Field(None, ge=0, le=20)
    """Make so many and give back the likeliest; at least n, and not together with stream."""
    echo: Annotated[bool | None, Form(group="answer", label="Repeat the prompt")] = None
    """Give the prompt back before what was made."""
    logprobs: Annotated[int | None, Form(group="sampling", label="Likeliest alternatives")] = Field(None, ge=0, le=5)
    """How many likely alternatives to give for each token."""
    user: User = None
    """A name for the person on whose behalf you ask; not their real name."""

    @model_validator(mode="after")
    def _best_of_enough(self) -> "CreateCompletion":
        if self.best_of is not None and self.n is not None and self.best_of < self.n:
            raise WrongProperty(("best_of",), f"must be at least n ({self.n})")
        if self.best_of is not None and self.best_of > 1 and self.stream:
            raise WrongProperty(("best_of",), "cannot be streamed; leave stream out")
        return self

    def streams(self) -> bool:
        return super().streams() and (self.best_of or 1) <= 1

    async def run(self, context: RunContext) -> CompletionOutputs:
        connection, answer = self.connection(), CompletionAnswer()
        with self.explaining():
            await ask(context, connection, self.path, self.parameters(), answer, streams=self.streams())
        body = answer.body()
        measure(context, body, "chat", connection.priced_as)
        return CompletionOutputs.of(body)
