"""openai.ListChatCompletions."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Form, RunContext
from tasks_openai.toolkit.stored import After, Limit, ListAnswer
from tasks_openai.toolkit.tool import OpenAITool


class ListChatCompletions(OpenAITool):
    """List the chat completions that were made with `store`."""

    type_name: ClassVar[str] = "openai.ListChatCompletions"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_list_chat_completions",)
    title: ClassVar[str] = "List chat completions"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/chat/completions"
    example: ClassVar[str] = """\
id: stored
type: openai.ListChatCompletions
api_key: "{{ secret('OPENAI_API_KEY') }}"
limit: 10
"""

    model: Annotated[str | None, Form(group="main", label="Made by model")] = None
    """Only those that this model made."""
    metadata: Annotated[dict[str, str] | None, Form("map", group="main", label="With these notes")] = None
    """Only those that have these notes."""
    after: After = None
    """The id of the last completion of the page before this one."""
    limit: Limit = None
    """How many to give."""
    order: Annotated[Literal["asc", "desc"] | None, Form(label="Order")] = None
    """asc: the oldest first; that holds when it is not set."""

    async def run(self, context: RunContext) -> ListAnswer:
        return ListAnswer.of(await self.answer(context, self.call()))
