"""instill.openai.SpeechRecognition."""

import json
from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, InstillOutputs, RunContext, TaskFailure
from tasks_openai.answers import media
from tasks_openai.instill.connecting import InstillModelTask
from tasks_openai.model_names import LISTENING_MODELS
from tasks_openai.wire.calls import fetch_json
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.failures import Misunderstood, misunderstood
from tasks_openai.wire.forms import form_of
from tasks_openai.wire.records import measure


class SpeechRecognitionOutputs(InstillOutputs):
    """What was said."""

    text: str
    """The words."""


class SpeechRecognition(InstillModelTask):
    """Write down what is said in a recording, in the words of Instill's TASK_SPEECH_RECOGNITION."""

    type_name: ClassVar[str] = "instill.openai.SpeechRecognition"
    title: ClassVar[str] = "Speech recognition"
    example: ClassVar[str] = """\
id: words
type: instill.openai.SpeechRecognition
setup:
  api-key: "{{ secret('OPENAI_API_KEY') }}"
model: whisper-1
audio: "{{ inputs.recording }}"
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=LISTENING_MODELS)] = Field(
        examples=["whisper-1"]
    )
    """Which model listens."""
    audio: Annotated[str, Form(group="main", label="Sound")] = Field(examples=["{{ inputs.recording }}"])
    """The recording, at most 25 MB (flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm): a file or a web address."""
    prompt: Annotated[str | None, Form("textarea", group="main", label="Hints")] = None
    """Words and names that occur in it, in its language, so that they are spelt right."""
    language: Annotated[str | None, Form(group="main", label="Language")] = Field(None, examples=["en"])
    """Two letters (ISO 639-1); it hears better when it knows."""
    temperature: Annotated[float | None, Form(group="sampling", label="Temperature")] = Field(None, ge=0, le=1)
    """0 keeps close to what was heard, 1 guesses more."""

    async def run(self, context: RunContext) -> SpeechRecognitionOutputs:
        sound = await media.load(context, self.audio, media.LARGEST_AUDIO_BYTES)
        if not sound.content:
            raise TaskFailure("The sound file is empty.", retryable=False)
        names = ("model", "prompt", "language", "temperature")
        sent: dict[str, Any] = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        call = form_of(Call("POST", "/audio/transcriptions", sent), [("file", sound)])
        connection = self.connection()
        body = await fetch_json(context, connection, call, model=self.model)
        measure(context, {"model": self.model, **body}, "audio", connection.priced_as)
        if not isinstance(body.get("text"), str):
            raise misunderstood(Misunderstood(json.dumps(body, default=str)), connection.place(self.model))
        return SpeechRecognitionOutputs(text=body["text"])
