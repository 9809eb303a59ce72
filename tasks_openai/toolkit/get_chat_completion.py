"""openai.GetChatCompletion."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.create_chat_completion import ChatCompletionAnswer
from tasks_openai.toolkit.tool import OpenAITool


class GetChatCompletion(OpenAITool):
    """Read a chat completion that was made with `store`."""

    type_name: ClassVar[str] = "openai.GetChatCompletion"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_get_chat_completion",)
    title: ClassVar[str] = "Get chat completion"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/chat/completions/{completion_id}"
    example: ClassVar[str] = """\
id: again
type: openai.GetChatCompletion
api_key: "{{ secret('OPENAI_API_KEY') }}"
completion_id: "{{ outputs.completion.id }}"
"""

    completion_id: Annotated[str, Form(group="main", label="Completion")] = Field(
        min_length=1, examples=["{{ outputs.completion.id }}"]
    )
    """The id of the completion."""

    async def run(self, context: RunContext) -> ChatCompletionAnswer:
        return ChatCompletionAnswer.of(await self.answer(context, self.call()))
