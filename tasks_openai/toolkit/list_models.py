"""openai.ListModels."""

from typing import ClassVar

from builder.tasks.api import RunContext
from tasks_openai.toolkit.stored import ListAnswer
from tasks_openai.toolkit.tool import OpenAITool


class ListModels(OpenAITool):
    """List the models that your key may use."""

    type_name: ClassVar[str] = "openai.ListModels"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_list_models",)
    title: ClassVar[str] = "List models"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/models"
    example: ClassVar[str] = """\
id: models
type: openai.ListModels
api_key: "{{ secret('OPENAI_API_KEY') }}"
"""

    async def run(self, context: RunContext) -> ListAnswer:
        return ListAnswer.of(await self.answer(context, self.call()))
