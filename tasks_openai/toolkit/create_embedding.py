"""openai.CreateEmbedding."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, WrongProperty, model_validator
from tasks_openai.answers.embedded import as_numbers
from tasks_openai.model_names import EMBEDDING_MODELS
from tasks_openai.prices import Flavor
from tasks_openai.toolkit.chat_fields import User
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs

MOST_INPUTS = 2048


class EmbeddingAnswer(ToolOutputs):
    """Embeddings as the API answers them."""

    data: list[dict[str, Any]]
    """For each text its embedding: data[0].embedding is a list of numbers."""
    model: str = ""
    """The model that made them."""
    object: str = "list"
    """Always list."""
    usage: dict[str, Any] | None = None
    """How many tokens were used."""


class CreateEmbedding(OpenAITool):
    """Turn texts into lists of numbers that are near each other when the texts mean the like."""

    type_name: ClassVar[str] = "openai.CreateEmbedding"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_embedding",)
    title: ClassVar[str] = "Create embedding"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/embeddings"
    flavor: ClassVar[Flavor | None] = "embeddings"
    example: ClassVar[str] = """\
id: embed
type: openai.CreateEmbedding
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: text-embedding-3-small
input: The food was delicious.
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=EMBEDDING_MODELS)] = Field(
        examples=["text-embedding-3-small"]
    )
    """Which model makes them."""
    input: Annotated[str | list[Any], Form("textarea", group="main", label="Text")]
    """One text, a list of up to 2,048 texts, or token numbers; none of them empty."""
    dimensions: Annotated[int | None, Form(group="main", label="How many numbers")] = Field(None, ge=1)
    """How long each list is, with text-embedding-3 and later models."""
    encoding_format: Annotated[Literal["float", "base64"] | None, Form(group="advanced", label="Sent as")] = None
    """How the numbers travel. With float (or nothing) they are numbers here, with base64 they stay as they came."""
    user: User = None
    """A name for the person on whose behalf you ask; not their real name."""

    @model_validator(mode="after")
    def _has_texts(self) -> "CreateEmbedding":
        if not self.input or (isinstance(self.input, list) and "" in self.input):
            raise WrongProperty(("input",), "must not be empty, nor hold an empty text")
        if isinstance(self.input, list) and len(self.input) > MOST_INPUTS and not isinstance(self.input[0], int):
            raise WrongProperty(("input",), f"holds {len(self.input):,} texts; at most {MOST_INPUTS:,} go in one call")
        return self

    async def run(self, context: RunContext) -> EmbeddingAnswer:
        answer = EmbeddingAnswer.of(await self.answer(context, self.call()))
        if self.encoding_format == "base64":
            return answer
        return answer.model_copy(update={"data": [as_numbers(one) for one in answer.data]})
