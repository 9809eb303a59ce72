"""instill.openai.TextEmbeddings."""

from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, InstillOutputs, RunContext, TaskFailure
from tasks_openai.answers.embedded import as_numbers
from tasks_openai.instill.connecting import InstillModelTask
from tasks_openai.model_names import EMBEDDING_MODELS
from tasks_openai.wire.calls import fetch_json
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.records import measure


class TextEmbeddingsOutputs(InstillOutputs):
    """The text as numbers."""

    embedding: list[float]
    """The list of numbers; texts that mean the like have lists that are near each other."""


class TextEmbeddings(InstillModelTask):
    """Turn a text into numbers for searching, in the words of Instill's TASK_TEXT_EMBEDDINGS."""

    type_name: ClassVar[str] = "instill.openai.TextEmbeddings"
    title: ClassVar[str] = "Text embeddings"
    example: ClassVar[str] = """\
id: embed
type: instill.openai.TextEmbeddings
setup:
  api-key: "{{ secret('OPENAI_API_KEY') }}"
model: text-embedding-3-small
text: The food was delicious.
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=EMBEDDING_MODELS)] = Field(
        examples=["text-embedding-3-small"]
    )
    """Which model makes them."""
    text: Annotated[str, Form("textarea", group="main", label="Text")] = Field(min_length=1)
    """The text; not empty."""
    dimensions: Annotated[int | None, Form(group="main", label="How many numbers")] = Field(None, ge=1)
    """How long the list is, with text-embedding-3 and later models."""

    async def run(self, context: RunContext) -> TextEmbeddingsOutputs:
        sent: dict[str, Any] = {"model": self.model, "input": self.text}
        if self.dimensions is not None:
            sent["dimensions"] = self.dimensions
        connection = self.connection()
        body = await fetch_json(context, connection, Call("POST", "/embeddings", sent), model=self.model)
        measure(context, {"model": self.model, **body}, "embeddings", connection.priced_as)
        found = [as_numbers(one).get("embedding") for one in body.get("data") or ()]
        if not found or not isinstance(found[0], list):
            raise TaskFailure("The answer holds no embedding.", outputs=dict(body))
        return TextEmbeddingsOutputs(embedding=found[0])
