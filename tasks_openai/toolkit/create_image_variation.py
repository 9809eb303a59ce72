"""openai.CreateImageVariation."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, TaskFailure
from tasks_openai.answers import media
from tasks_openai.answers.pictures import LARGEST_ANSWER_BYTES
from tasks_openai.prices import Flavor
from tasks_openai.toolkit.chat_fields import User
from tasks_openai.toolkit.image_answer import ImagesAnswer, keep_images
from tasks_openai.toolkit.tool import OpenAITool
from tasks_openai.wire.forms import form_of

LARGEST_PNG_BYTES = 4 * 2**20


class CreateImageVariation(OpenAITool):
    """Make variations of a picture: a call that OpenAI has withdrawn and some compatible servers still have."""

    type_name: ClassVar[str] = "openai.CreateImageVariation"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_image_variation",)
    title: ClassVar[str] = "Create image variation"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/images/variations"
    flavor: ClassVar[Flavor | None] = "images"
    not_sent: ClassVar[frozenset[str]] = frozenset({"image"})
    instead: ClassVar[str] = (
        "OpenAI withdrew image variations with dall-e-2; describe the picture you want with openai.CreateImage, "
        "or name a server that still makes variations as base_url."
    )
    example: ClassVar[str] = """\
id: variation
type: openai.CreateImageVariation
api_key: "{{ secret('OPENAI_API_KEY') }}"
image: "{{ inputs.picture }}"
"""

    image: Annotated[str, Form(group="main", label="Picture")] = Field(examples=["{{ inputs.picture }}"])
    """A square PNG of less than 4 MB: a file of this execution, or an address of the web."""
    model: Annotated[str | None, Form("model", group="main", label="Model", options=("dall-e-2",))] = None
    """dall-e-2 is the only model that made them."""
    n: Annotated[int | None, Form(group="main", label="Number of pictures")] = Field(None, ge=1, le=10)
    """How many to make."""
    size: Annotated[Literal["256x256", "512x512", "1024x1024"] | None, Form(group="main", label="Size")] = None
    """Width and height in pixels."""
    response_format: Annotated[Literal["url", "b64_json"] | None, Form(group="advanced", label="Sent as")] = None
    """How the pictures travel; they are kept here either way."""
    user: User = None
    """A name for the person on whose behalf you ask; not their real name."""

    async def run(self, context: RunContext) -> ImagesAnswer:
        picture = await media.load(context, self.image, LARGEST_PNG_BYTES)
        if picture.kind != "image/png":
            raise TaskFailure(f"The picture must be a PNG, but it is {picture.kind}.", retryable=False)
        call = form_of(self.call(), [("image", picture)])
        return await keep_images(context, await self.answer(context, call, LARGEST_ANSWER_BYTES))
