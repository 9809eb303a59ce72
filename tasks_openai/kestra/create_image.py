"""io.kestra.plugin.openai.CreateImage."""

from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, Outputs, RunContext, field_validator
from tasks_openai.answers import pictures
from tasks_openai.kestra.asking import KeyedTask
from tasks_openai.model_names import IMAGE_MODELS
from tasks_openai.wire.calls import fetch_json
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.records import measure

_SIZES = {"SMALL": "256x256", "MEDIUM": "512x512", "LARGE": "1024x1024"}
DEFAULT_MODEL = "gpt-image-2.5-flare"


class CreateImageOutput(Outputs):
    """The pictures."""

    images: list[str]
    """Their addresses: files of this execution; they can be seen on its page."""


class CreateImage(KeyedTask):
    """Make pictures after a description; they are kept as files of the execution."""

    type_name: ClassVar[str] = "io.kestra.plugin.openai.CreateImage"
    title: ClassVar[str] = "Create image"
    costs: ClassVar[bool] = True
    example: ClassVar[str] = """\
id: picture
type: io.kestra.plugin.openai.CreateImage
apiKey: "{{ secret('OPENAI_API_KEY') }}"
prompt: A funny cat in a black suit
n: 2
size: LARGE
"""

    prompt: Annotated[str, Form("textarea", group="main", label="Description")] = Field(
        max_length=pictures.LONGEST_PROMPT
    )
    """What the picture shows."""
    model: Annotated[str, Form("model", group="main", label="Model", options=IMAGE_MODELS)] = DEFAULT_MODEL
    """Which model draws."""
    n: Annotated[int | None, Form(group="main", label="Number of pictures")] = Field(None, ge=1, le=10)
    """How many to make."""
    size: Annotated[str, Form(group="main", label="Size", options=("SMALL", "MEDIUM", "LARGE", "1536x1024"))] = Field(
        "LARGE", pattern=r"^(?i:SMALL|MEDIUM|LARGE|auto|\d{1,5}x\d{1,5})$"
    )
    """SMALL (256x256), MEDIUM (512x512), LARGE (1024x1024), or width x height; newer models draw no small ones."""
    quality: Annotated[str | None, Form(group="main", label="Quality", options=("AUTO", "LOW", "MEDIUM", "HIGH"))] = (
        Field(None, pattern=r"^(?i:AUTO|LOW|MEDIUM|HIGH|STANDARD|HD)$")
    )
    """How fine it is; finer is slower and dearer."""
    download: Annotated[bool, Form(group="answer", label="Keep as a file")] = False
    """Where the service gives an address in place of the picture: whether to keep a copy; addresses last an hour."""
    user: Annotated[str | None, Form(group="advanced", label="End user")] = None
    """A name for the person on whose behalf you ask, for the service's own abuse checks; not their real name."""

    @field_validator("prompt")
    @classmethod
    def _says_something(cls, prompt: str) -> str:
        if not prompt.strip():
            raise ValueError("is empty; describe the picture")
        return prompt

    async def run(self, context: RunContext) -> CreateImageOutput:
        connection, call = self.connection(), Call("POST", "/images/generations", self.parameters())
        body = await fetch_json(context, connection, call, model=self.model, limit_bytes=pictures.LARGEST_ANSWER_BYTES)
        measure(context, {"model": self.model, **body}, "images", connection.priced_as)
        kept = await pictures.kept(context, body, fetch=self.download)
        return CreateImageOutput(images=[str(one.get("uri") or one.get("url") or "") for one in kept])

    def parameters(self) -> dict[str, Any]:
        """The request. Model and size are always named, as Kestra does."""
        given = {
            "n": self.n, "size": _SIZES.get(self.size.upper(), self.size.lower()),
            "quality": self.quality and self.quality.lower(), "user": self.user,
        }  # fmt: skip
        sent = {name: value for name, value in given.items() if value is not None}
        return {"model": self.model, "prompt": self.prompt, **sent}
