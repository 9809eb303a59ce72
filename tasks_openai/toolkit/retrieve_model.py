"""openai.RetrieveModel."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs


class ModelAnswer(ToolOutputs):
    """A model as the API describes it."""

    id: str = ""
    """Its name."""
    object: str = "model"
    """Always model."""
    created: int | None = None
    """When it was made, in seconds since 1970."""
    owned_by: str | None = None
    """Whose it is."""
    shutdown_date: str | None = None
    """When it will be gone, where that is announced."""


class RetrieveModel(OpenAITool):
    """Read what is known of a model: who owns it, since when it is there."""

    type_name: ClassVar[str] = "openai.RetrieveModel"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_retrieve_model",)
    title: ClassVar[str] = "Retrieve model"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/models/{model}"
    example: ClassVar[str] = """\
id: about
type: openai.RetrieveModel
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
"""

    model: Annotated[str, Form("model", group="main", label="Model")] = Field(min_length=1, examples=["gpt-5.4-mini"])
    """The model's name."""

    async def run(self, context: RunContext) -> ModelAnswer:
        return ModelAnswer.of(await self.answer(context, self.call()))
