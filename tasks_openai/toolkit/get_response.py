"""openai.GetResponse."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.create_response import ResponseAnswer
from tasks_openai.toolkit.tool import OpenAITool


class GetResponse(OpenAITool):
    """Read a response that the service keeps."""

    type_name: ClassVar[str] = "openai.GetResponse"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_get_response",)
    title: ClassVar[str] = "Get response"
    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/responses/{response_id}"
    example: ClassVar[str] = """\
id: again
type: openai.GetResponse
api_key: "{{ secret('OPENAI_API_KEY') }}"
response_id: "{{ outputs.response.id }}"
"""

    response_id: Annotated[str, Form(group="main", label="Response")] = Field(
        min_length=1, examples=["{{ outputs.response.id }}"]
    )
    """The id of the response."""
    include: Annotated[list[str] | None, Form("list", group="main", label="Give as well")] = None
    """What more the answer should hold, as in openai.CreateResponse."""

    async def run(self, context: RunContext) -> ResponseAnswer:
        return ResponseAnswer.of(await self.answer(context, self.call()))
