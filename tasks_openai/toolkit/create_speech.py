"""openai.CreateSpeech."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.answers.speech import spoken_by
from tasks_openai.model_names import SPEECH_MODELS, VOICES
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs


class SpeechOutputs(ToolOutputs):
    """The spoken text."""

    audio: str
    """The file's address; it can be heard on the execution's page."""
    content_type: str
    """What kind of sound it is."""
    bytes: int
    """How large the file is."""


class CreateSpeech(OpenAITool):
    """Speak a text; the sound is kept as a file of the execution."""

    type_name: ClassVar[str] = "openai.CreateSpeech"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_speech",)
    title: ClassVar[str] = "Create speech"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/audio/speech"
    example: ClassVar[str] = """\
id: speak
type: openai.CreateSpeech
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-4o-mini-tts
voice: alloy
input: Good morning! Here is the news.
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=SPEECH_MODELS)] = Field(
        examples=["gpt-4o-mini-tts"]
    )
    """Which model speaks."""
    input: Annotated[str, Form("textarea", group="main", label="Text")] = Field(min_length=1, max_length=4096)
    """What to say, at most 4,096 letters."""
    voice: Annotated[str, Form(group="main", label="Voice", options=VOICES)] = Field(examples=["alloy"])
    """Who speaks."""
    instructions: Annotated[str | None, Form("textarea", group="main", label="How to speak")] = None
    """The tone, such as: slowly and cheerfully. tts-1 and tts-1-hd do not take it."""
    speed: Annotated[float | None, Form(group="main", label="Speed")] = Field(None, ge=0.25, le=4)
    """1 is as people speak, 2 twice as quick."""
    response_format: Annotated[
        Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | None, Form(group="answer", label="Kind of file")
    ] = None
    """mp3 when it is not set."""

    async def run(self, context: RunContext) -> SpeechOutputs:
        with self.explaining():
            spoken = await spoken_by(context, self.connection(), self.call(), self.response_format or "mp3")
        return SpeechOutputs(audio=spoken.uri, content_type=spoken.kind, bytes=spoken.size)
