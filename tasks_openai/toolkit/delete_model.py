"""openai.DeleteModel."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.stored import DeletedAnswer
from tasks_openai.toolkit.tool import OpenAITool


class DeleteModel(OpenAITool):
    """Delete a model that was tuned for your organization; only its owners may."""

    type_name: ClassVar[str] = "openai.DeleteModel"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_delete_model",)
    title: ClassVar[str] = "Delete model"
    deletes: ClassVar[str] = "A run of this step deletes a model of your organization at OpenAI for good."
    method: ClassVar[str] = "DELETE"
    path: ClassVar[str] = "/models/{model}"
    example: ClassVar[str] = """\
id: remove
type: openai.DeleteModel
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: ft:gpt-4o-mini:acme:x:1
"""

    model: Annotated[str, Form(group="main", label="Model")] = Field(min_length=1)
    """The name of the tuned model."""

    async def run(self, context: RunContext) -> DeletedAnswer:
        return DeletedAnswer.of(await self.answer(context, self.call()))
