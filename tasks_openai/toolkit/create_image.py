"""openai.CreateImage."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, WrongProperty, model_validator
from tasks_openai.answers.pictures import LARGEST_ANSWER_BYTES, LONGEST_PROMPT, LONGEST_PROMPTS
from tasks_openai.model_names import IMAGE_MODELS
from tasks_openai.prices import Flavor
from tasks_openai.toolkit.chat_fields import User
from tasks_openai.toolkit.image_answer import ImagesAnswer, keep_images
from tasks_openai.toolkit.tool import OpenAITool


class CreateImage(OpenAITool):
    """Make pictures after a description; they are kept as files of the execution."""

    type_name: ClassVar[str] = "openai.CreateImage"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_image",)
    title: ClassVar[str] = "Create image"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/images/generations"
    flavor: ClassVar[Flavor | None] = "images"
    example: ClassVar[str] = """\
id: picture
type: openai.CreateImage
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-image-2.5-flare
prompt: A lighthouse in the style of a woodcut
size: 1024x1024
"""

    prompt: Annotated[str, Form("textarea", group="main", label="Description")] = Field(max_length=LONGEST_PROMPT)
    """What the picture shows."""
    model: Annotated[str | None, Form("model", group="main", label="Model", options=IMAGE_MODELS)] = Field(
        None, examples=["gpt-image-2.5-flare"]
    )
    """Which model draws. Always name one: the service's own default may be gone."""
    n: Annotated[int | None, Form(group="main", label="Number of pictures")] = Field(None, ge=1, le=10)
    """How many to make; dall-e-3 makes one."""
    size: Annotated[
        str | None,
        Form(
            group="main",
            label="Size",
            options=(
                "auto", "1024x1024", "1536x1024", "1024x1536", "256x256", "512x512", "1792x1024", "1024x1792",
            ),
        ),
    ] = Field(None, pattern=r"^(auto|\d{1,5}x\d{1,5})$")  # fmt: skip
    """auto, or WIDTHxHEIGHT in pixels; which ones are possible depends on the model."""
    quality: Annotated[
        Literal["auto", "high", "medium", "low", "xhigh", "max", "hd", "standard"] | None,
        Form(group="main", label="Quality"),
    ] = None
    """How fine the picture is; finer is slower and dearer. hd and standard are dall-e-3's words."""
    background: Annotated[Literal["transparent", "opaque", "auto"] | None, Form(group="answer", label="Background")] = (
        None
    )
    """Transparent pictures must be png or webp."""
    output_format: Annotated[Literal["png", "jpeg", "webp"] | None, Form(group="answer", label="Kind of file")] = None
    """png when it is not set."""
    output_compression: Annotated[int | None, Form(group="answer", label="Compression (percent)")] = Field(
        None, ge=0, le=100
    )
    """For jpeg and webp: 100 keeps all, less is smaller."""
    moderation: Annotated[Literal["low", "auto"] | None, Form(group="advanced", label="Strictness of the filter")] = (
        None
    )
    """low lets more pass."""
    response_format: Annotated[Literal["url", "b64_json"] | None, Form(group="advanced", label="Sent as")] = None
    """How dall-e models send pictures; the newer ones refuse it. The picture is kept here either way."""
    style: Annotated[Literal["vivid", "natural"] | None, Form(group="advanced", label="Style")] = None
    """For dall-e-3 only."""
    user: User = None
    """A name for the person on whose behalf you ask; not their real name."""

    @model_validator(mode="after")
    def _fits_together(self) -> "CreateImage":
        most = LONGEST_PROMPTS.get(self.model or "", LONGEST_PROMPT)
        if len(self.prompt) > most:
            raise WrongProperty(("prompt",), f"has {len(self.prompt):,} letters; {self.model} takes at most {most:,}")
        if self.model == "dall-e-3" and (self.n or 1) > 1:
            raise WrongProperty(("n",), "must be 1 with dall-e-3")
        if self.background == "transparent" and self.output_format == "jpeg":
            raise WrongProperty(("output_format",), "must be png or webp for a transparent background")
        return self

    async def run(self, context: RunContext) -> ImagesAnswer:
        return await keep_images(context, await self.answer(context, self.call(), LARGEST_ANSWER_BYTES))
