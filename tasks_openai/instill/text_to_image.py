"""instill.openai.TextToImage."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, InstillOutputs, RunContext, WrongProperty, model_validator
from tasks_openai.answers import pictures
from tasks_openai.instill.connecting import InstillModelTask
from tasks_openai.model_names import IMAGE_MODELS
from tasks_openai.wire.calls import fetch_json
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.records import measure

_SIZES = {
    "dall-e-2": ("256x256", "512x512", "1024x1024"),
    "dall-e-3": ("1024x1024", "1792x1024", "1024x1792"),
}


class GeneratedImage(InstillOutputs):
    """One picture."""

    image: str
    """The kept file; where it could not be fetched, the address that the service gave."""
    revised_prompt: str | None = None
    """The description as the model rewrote it."""


class TextToImageOutputs(InstillOutputs):
    """The pictures."""

    results: list[GeneratedImage]
    """One for each picture: results[0].image is the first file."""


class TextToImage(InstillModelTask):
    """Make pictures after a description, in the words of Instill's TASK_TEXT_TO_IMAGE; they are kept as files."""

    type_name: ClassVar[str] = "instill.openai.TextToImage"
    title: ClassVar[str] = "Text to image"
    example: ClassVar[str] = """\
id: picture
type: instill.openai.TextToImage
setup:
  api-key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-image-2.5-flare
prompt: A lighthouse in the style of a woodcut
size: 1024x1024
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=IMAGE_MODELS)] = Field(
        examples=["gpt-image-2.5-flare"]
    )
    """Which model draws. OpenAI has retired dall-e-2 and dall-e-3."""
    prompt: Annotated[str, Form("textarea", group="main", label="Description")] = Field(
        max_length=pictures.LONGEST_PROMPT
    )
    """What the picture shows: at most 1,000 letters for dall-e-2, 4,000 for dall-e-3, 32,000 for newer models."""
    n: Annotated[int | None, Form(group="main", label="Number of pictures")] = Field(None, ge=1, le=10)
    """How many to make; dall-e-3 makes one."""
    quality: Annotated[
        Literal["standard", "hd", "auto", "low", "medium", "high"] | None, Form(group="main", label="Quality")
    ] = None
    """How fine it is: standard, or hd with dall-e-3; auto, low, medium and high with newer models."""
    size: Annotated[
        str | None,
        Form(
            group="main",
            label="Size",
            options=("256x256", "512x512", "1024x1024", "1792x1024", "1024x1792", "1536x1024", "1024x1536", "auto"),
        ),
    ] = Field(None, pattern=r"^(auto|\d{1,5}x\d{1,5})$")
    """Width x height; which ones are possible depends on the model."""
    style: Annotated[Literal["vivid", "natural"] | None, Form(group="main", label="Style")] = None
    """vivid or natural; for dall-e-3 only."""

    @model_validator(mode="after")
    def _fits_its_model(self) -> "TextToImage":
        most = pictures.LONGEST_PROMPTS.get(self.model, pictures.LONGEST_PROMPT)
        if len(self.prompt) > most:
            raise WrongProperty(("prompt",), f"has {len(self.prompt):,} letters; {self.model} takes at most {most:,}")
        sizes = _SIZES.get(self.model)
        if sizes and self.size is not None and self.size not in sizes:
            raise WrongProperty(("size",), f"must be {', '.join(sizes[:-1])} or {sizes[-1]} with {self.model}")
        if self.model == "dall-e-3" and (self.n or 1) > 1:
            raise WrongProperty(("n",), "must be 1 with dall-e-3")
        if self.model == "dall-e-2" and self.quality == "hd":
            raise WrongProperty(("quality",), "hd is for dall-e-3 only")
        if self.model == "dall-e-2" and self.style is not None:
            raise WrongProperty(("style",), "is for dall-e-3 only")
        return self

    async def run(self, context: RunContext) -> TextToImageOutputs:
        names = ("model", "prompt", "n", "quality", "size", "style")
        sent: dict[str, Any] = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.model.startswith("dall-e"):  # the newer models send base64 alone and refuse to be told so
            sent["response_format"] = "b64_json"
        connection, call = self.connection(), Call("POST", "/images/generations", sent)
        body = await fetch_json(context, connection, call, model=self.model, limit_bytes=pictures.LARGEST_ANSWER_BYTES)
        measure(context, {"model": self.model, **body}, "images", connection.priced_as)
        kept = await pictures.kept(context, body)
        return TextToImageOutputs(results=[_result(one) for one in kept])


def _result(one: dict[str, Any]) -> GeneratedImage:
    return GeneratedImage(image=str(one.get("uri") or one.get("url") or ""), revised_prompt=one.get("revised_prompt"))
