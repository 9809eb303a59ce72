"""openai.UpdateChatCompletion."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.create_chat_completion import ChatCompletionAnswer
from tasks_openai.toolkit.tool import OpenAITool

Key = Annotated[str, Field(max_length=64)]
Note = Annotated[str, Field(max_length=512)]


class UpdateChatCompletion(OpenAITool):
    """Change the notes of a chat completion that was made with `store`; nothing else of it can be changed."""

    type_name: ClassVar[str] = "openai.UpdateChatCompletion"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_update_chat_completion",)
    title: ClassVar[str] = "Update chat completion"
    path: ClassVar[str] = "/chat/completions/{completion_id}"
    example: ClassVar[str] = """\
id: note
type: openai.UpdateChatCompletion
api_key: "{{ secret('OPENAI_API_KEY') }}"
completion_id: "{{ outputs.completion.id }}"
metadata:
  topic: weather
"""

    completion_id: Annotated[str, Form(group="main", label="Completion")] = Field(
        min_length=1, examples=["{{ outputs.completion.id }}"]
    )
    """The id of the completion."""
    metadata: Annotated[dict[Key, Note], Form("map", group="main", label="Notes")] = Field(max_length=16)
    """Up to 16 notes: names of at most 64 letters, values of at most 512."""

    async def run(self, context: RunContext) -> ChatCompletionAnswer:
        return ChatCompletionAnswer.of(await self.answer(context, self.call()))
