"""openai.ListInputItems."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.stored import After, Limit, ListAnswer
from tasks_openai.toolkit.tool import OpenAITool


class ListInputItems(OpenAITool):
    """List what a kept response was asked."""

    type_name: ClassVar[str] = "openai.ListInputItems"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_list_input_items",)
    title: ClassVar[str] = "List input items"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/responses/{response_id}/input_items"
    example: ClassVar[str] = """\
id: asked
type: openai.ListInputItems
api_key: "{{ secret('OPENAI_API_KEY') }}"
response_id: "{{ outputs.response.id }}"
"""

    response_id: Annotated[str, Form(group="main", label="Response")] = Field(
        min_length=1, examples=["{{ outputs.response.id }}"]
    )
    """The id of the response."""
    after: After = None
    """The id of the last item of the page before this one."""
    before: Annotated[str | None, Form(label="Before")] = None
    """The id of the first item of the page after this one."""
    include: Annotated[list[str] | None, Form("list", label="Give as well")] = None
    """What more the items should hold, as in openai.CreateResponse."""
    limit: Limit = None
    """How many to give; 20 when it is not set."""
    order: Annotated[Literal["asc", "desc"], Form(label="Order")] = "asc"
    """asc: the oldest first. It is always sent, since the service's own default has changed."""

    def parameters(self) -> dict[str, Any]:
        return super().parameters() | {"order": self.order}

    async def run(self, context: RunContext) -> ListAnswer:
        return ListAnswer.of(await self.answer(context, self.call()))
