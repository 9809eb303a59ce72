"""openai.CreateModeration."""

from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, RunContext, WrongProperty, model_validator
from tasks_openai.answers import media
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs
from tasks_openai.wire.exchange import Call


class ModerationAnswer(ToolOutputs):
    """What was found, as the API answers it."""

    id: str = ""
    """The number of this check."""
    model: str = ""
    """The model that judged."""
    results: list[dict[str, Any]]
    """For each input: results[0].flagged says whether it may be harmful, categories and category_scores in what way."""


class CreateModeration(OpenAITool):
    """Judge whether texts or pictures may be harmful."""

    type_name: ClassVar[str] = "openai.CreateModeration"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_moderation",)
    title: ClassVar[str] = "Create moderation"
    path: ClassVar[str] = "/moderations"
    example: ClassVar[str] = """\
id: check
type: openai.CreateModeration
api_key: "{{ secret('OPENAI_API_KEY') }}"
input: "{{ inputs.comment }}"
"""

    input: Annotated[str | list[Any], Form("textarea", group="main", label="What to judge")] = Field(
        examples=["{{ inputs.comment }}"]
    )
    """A text, a list of texts, or a list of parts with text and image_url."""
    model: Annotated[str | None, Form("model", group="main", label="Model", options=("omni-moderation-latest",))] = None
    """Which model judges; omni-moderation-latest when it is not set."""

    @model_validator(mode="after")
    def _has_something(self) -> "CreateModeration":
        if not self.input:
            raise WrongProperty(("input",), "is empty; there is nothing to judge")
        return self

    async def run(self, context: RunContext) -> ModerationAnswer:
        parameters = await media.embed(self.parameters(), context)
        return ModerationAnswer.of(await self.answer(context, Call("POST", self.path, parameters)))
