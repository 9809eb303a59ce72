"""openai.DeleteResponse."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.stored import DeletedAnswer
from tasks_openai.toolkit.tool import OpenAITool


class DeleteResponse(OpenAITool):
    """Delete a response that the service keeps."""

    type_name: ClassVar[str] = "openai.DeleteResponse"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_delete_response",)
    title: ClassVar[str] = "Delete response"
    deletes: ClassVar[str] = "A run of this step deletes a kept response at OpenAI for good."
    method: ClassVar[str] = "DELETE"
    path: ClassVar[str] = "/responses/{response_id}"
    example: ClassVar[str] = """\
id: forget
type: openai.DeleteResponse
api_key: "{{ secret('OPENAI_API_KEY') }}"
response_id: "{{ outputs.response.id }}"
"""

    response_id: Annotated[str, Form(group="main", label="Response")] = Field(
        min_length=1, examples=["{{ outputs.response.id }}"]
    )
    """The id of the response."""

    async def run(self, context: RunContext) -> DeletedAnswer:
        return DeletedAnswer.of({"id": self.response_id, **await self.answer(context, self.call())})
