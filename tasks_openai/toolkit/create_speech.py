"""openai.CreateSpeech."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, TaskFailure
from tasks_openai.calls import fetch
from tasks_openai.model_names import SPEECH_MODELS, VOICES
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs

LARGEST_SPEECH_BYTES = 64 * 2**20
_KINDS = {
    "mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav",
    "pcm": "audio/pcm",
}  # fmt: skip


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
            call = self.call()
            came = await fetch(context, self.connection(), call, model=self.model, limit_bytes=LARGEST_SPEECH_BYTES)
        if came.kind in ("application/json", "text/html") or not came.content:
            raise TaskFailure(f"The answer is no sound; it begins: {came.content[:200].decode(errors='replace')!r}.")
        wanted = self.response_format or "mp3"
        uri = await context.files.put(f"speech.{wanted}", came.content)
        return SpeechOutputs(audio=uri, content_type=_KINDS[wanted], bytes=len(came.content))
