"""openai.DeleteChatCompletion."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.stored import DeletedAnswer
from tasks_openai.toolkit.tool import OpenAITool


class DeleteChatCompletion(OpenAITool):
    """Delete a chat completion that was made with `store`."""

    type_name: ClassVar[str] = "openai.DeleteChatCompletion"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_delete_chat_completion",)
    title: ClassVar[str] = "Delete chat completion"
    deletes: ClassVar[str] = "A run of this step deletes a stored chat completion at OpenAI for good."
    method: ClassVar[str] = "DELETE"
    path: ClassVar[str] = "/chat/completions/{completion_id}"
    example: ClassVar[str] = """\
id: forget
type: openai.DeleteChatCompletion
api_key: "{{ secret('OPENAI_API_KEY') }}"
completion_id: "{{ outputs.completion.id }}"
"""

    completion_id: Annotated[str, Form(group="main", label="Completion")] = Field(
        min_length=1, examples=["{{ outputs.completion.id }}"]
    )
    """The id of the completion."""

    async def run(self, context: RunContext) -> DeletedAnswer:
        return DeletedAnswer.of(await self.answer(context, self.call()))
