"""io.kestra.plugin.ai.completion.ImageGeneration."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure, WrongProperty, model_validator
from tasks_openai.ai.answered import Reason, TokenUsage, measure, token_usage
from tasks_openai.ai.asking_task import ProviderTask
from tasks_openai.ai.drawing import draw
from tasks_openai.answers import media
from tasks_openai.model_names import Kind
from tasks_openai.providers import who_draws


class ImageOutput(Outputs):
    """The picture that was made."""

    image_url: str
    """The picture, kept as a file of the execution: later steps read it by this address."""
    finish_reason: Reason
    """Why the answer ended; STOP for a picture that came whole."""
    token_usage: TokenUsage | None = None
    """How many tokens were used; null when the provider does not count them for pictures."""


class ImageGeneration(ProviderTask):
    """Make a picture after a description, by a model of any provider; it is kept as a file of the execution.

    Providers that cannot make pictures are refused when the flow is saved.
    """

    type_name: ClassVar[str] = "io.kestra.plugin.ai.completion.ImageGeneration"
    aliases: ClassVar[tuple[str, ...]] = (
        "io.kestra.plugin.ai.ImageGeneration",
        "io.kestra.plugin.langchain4j.ImageGeneration",
        "io.kestra.plugin.langchain4j.completion.ImageGeneration",
    )
    title: ClassVar[str] = "Make a picture (any provider)"
    model_kind: ClassVar[Kind] = Kind.IMAGES
    example: ClassVar[str] = """\
id: image_generation
type: io.kestra.plugin.ai.completion.ImageGeneration
prompt: A lighthouse in the style of a woodcut
provider:
  type: io.kestra.plugin.ai.provider.OpenAI
  apiKey: "{{ secret('OPENAI_API_KEY') }}"
  modelName: gpt-image-2.5-flare
"""

    prompt: Annotated[str, Form("textarea", group="main", label="Description")] = Field(min_length=1)
    """What the picture shows."""

    @model_validator(mode="after")
    def _provider_draws(self) -> "ImageGeneration":
        if self.provider.vendor.drawing is None:
            those = ", ".join(who_draws())
            raise WrongProperty(
                ("provider", "type"), f"{self.provider.vendor.title} makes no pictures; these do: {those}"
            )
        return self

    async def run(self, context: RunContext) -> ImageOutput:
        drawn, connection = await draw(context, self.provider, self.prompt)
        content = await drawn.content(context)
        kind = media.kind_of(content)
        if not kind.startswith("image/"):
            raise TaskFailure(f"{self.provider.vendor.title} sent no picture but {kind}.")
        measure(context, drawn.usage, connection, self.provider.model_name)
        uri = await media.keep(context, "image", content)
        return ImageOutput(image_url=uri, finish_reason=drawn.reason, token_usage=token_usage(drawn.usage))
