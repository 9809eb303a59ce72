"""instill.openai.TextToSpeech."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import AliasChoices, Field, Form, InstillOutputs, RunContext
from tasks_openai.answers.speech import spoken_by
from tasks_openai.instill.connecting import InstillModelTask
from tasks_openai.model_names import SPEECH_MODELS, VOICES
from tasks_openai.wire.exchange import Call


class TextToSpeechOutputs(InstillOutputs):
    """The spoken text."""

    audio: str
    """The file's address; it can be heard on the execution's page."""


class TextToSpeech(InstillModelTask):
    """Speak a text, in the words of Instill's TASK_TEXT_TO_SPEECH; the sound is kept as a file of the execution."""

    type_name: ClassVar[str] = "instill.openai.TextToSpeech"
    title: ClassVar[str] = "Text to speech"
    example: ClassVar[str] = """\
id: speak
type: instill.openai.TextToSpeech
setup:
  api-key: "{{ secret('OPENAI_API_KEY') }}"
model: tts-1
voice: alloy
text: Good morning! Here is the news.
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=SPEECH_MODELS)] = Field(examples=["tts-1"])
    """Which model speaks."""
    text: Annotated[str, Form("textarea", group="main", label="Text")] = Field(min_length=1, max_length=4096)
    """What to say, at most 4,096 letters."""
    voice: Annotated[str, Form(group="main", label="Voice", options=VOICES)] = Field(examples=["alloy"])
    """Who speaks."""
    response_type: Annotated[
        Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | None, Form(group="answer", label="Kind of file")
    ] = Field(None, validation_alias=AliasChoices("response-type", "response-format"))
    """mp3 when it is not set."""
    speed: Annotated[float | None, Form(group="main", label="Speed")] = Field(None, ge=0.25, le=4)
    """1 is as people speak, 2 twice as quick."""

    async def run(self, context: RunContext) -> TextToSpeechOutputs:
        sent: dict[str, Any] = {"model": self.model, "input": self.text, "voice": self.voice}
        if self.response_type is not None:
            sent["response_format"] = self.response_type
        if self.speed is not None:
            sent["speed"] = self.speed
        call = Call("POST", "/audio/speech", sent)
        spoken = await spoken_by(context, self.connection(), call, self.response_type or "mp3")
        return TextToSpeechOutputs(audio=spoken.uri)
