"""openai.GetChatCompletionMessages."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.stored import After, Limit, ListAnswer
from tasks_openai.toolkit.tool import OpenAITool


class GetChatCompletionMessages(OpenAITool):
    """Read the messages of a chat completion that was made with `store`."""

    type_name: ClassVar[str] = "openai.GetChatCompletionMessages"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_get_chat_completion_messages",)
    title: ClassVar[str] = "Get chat completion messages"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/chat/completions/{completion_id}/messages"
    example: ClassVar[str] = """\
id: said
type: openai.GetChatCompletionMessages
api_key: "{{ secret('OPENAI_API_KEY') }}"
completion_id: "{{ outputs.completion.id }}"
"""

    completion_id: Annotated[str, Form(group="main", label="Completion")] = Field(
        min_length=1, examples=["{{ outputs.completion.id }}"]
    )
    """The id of the completion."""
    after: After = None
    """The id of the last message of the page before this one."""
    limit: Limit = None
    """How many to give."""
    order: Annotated[Literal["asc", "desc"] | None, Form(label="Order")] = None
    """asc: the oldest first; that holds when it is not set."""

    async def run(self, context: RunContext) -> ListAnswer:
        return ListAnswer.of(await self.answer(context, self.call()))
