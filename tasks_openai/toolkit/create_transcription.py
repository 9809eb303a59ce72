"""openai.CreateTranscription."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import AliasChoices, Field, Form, RunContext, WrongProperty, model_validator
from tasks_openai.model_names import LISTENING_MODELS
from tasks_openai.toolkit.chat_fields import Streams
from tasks_openai.toolkit.listening import ListeningOutputs, ListeningTool


class CreateTranscription(ListeningTool):
    """Write down what is said in a recording, in its own language."""

    type_name: ClassVar[str] = "openai.CreateTranscription"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_transcription",)
    title: ClassVar[str] = "Create transcription"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/audio/transcriptions"
    not_sent: ClassVar[frozenset[str]] = frozenset({"file", "stream"})
    example: ClassVar[str] = """\
id: words
type: openai.CreateTranscription
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-4o-transcribe
file: "{{ inputs.recording }}"
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=LISTENING_MODELS)] = Field(
        examples=["gpt-4o-transcribe"]
    )
    """Which model listens."""
    language: Annotated[str | None, Form(group="main", label="Language")] = Field(None, examples=["en"])
    """Two letters (ISO 639-1); it hears better when it knows."""
    include: Annotated[list[Literal["logprobs"]] | None, Form("list", group="answer", label="Give as well")] = Field(
        None, validation_alias=AliasChoices("include[]", "include")
    )
    """logprobs: how sure it is of each word; needs json."""
    timestamp_granularities: Annotated[
        list[Literal["word", "segment"]] | None, Form("list", group="answer", label="Times of")
    ] = Field(None, validation_alias=AliasChoices("timestamp_granularities[]", "timestamp_granularities"))
    """Give the times of words, of segments or both; needs verbose_json."""
    stream: Streams = None
    """Without effect on the result: the words come whole."""

    @model_validator(mode="after")
    def _fits_together(self) -> "CreateTranscription":
        if self.timestamp_granularities and self.response_format != "verbose_json":
            raise WrongProperty(("timestamp_granularities[]",), "needs response_format: verbose_json")
        return self

    async def run(self, context: RunContext) -> ListeningOutputs:
        return await self.listened(context, self.call())
