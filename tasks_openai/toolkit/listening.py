"""Calls that listen: a sound goes in as a file, its words come out as JSON, text or subtitles."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext, TaskFailure
from tasks_openai.answers import media
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs
from tasks_openai.wire.calls import fetch, fetch_json
from tasks_openai.wire.exchange import Call, Reply
from tasks_openai.wire.forms import form_of
from tasks_openai.wire.records import measure, spend

_AS_FILES = {"srt": "subtitles.srt", "vtt": "subtitles.vtt"}


class ListeningOutputs(ToolOutputs):
    """What was said."""

    text: str
    """The words; for srt and vtt the subtitles as they came."""
    file: str | None = None
    """For srt and vtt: the subtitles as a file."""
    segments: list[Any] | None = None
    """With verbose_json: each piece with its times."""
    words: list[Any] | None = None
    """With verbose_json and the granularity word: each word with its times."""
    language: str | None = None
    """With verbose_json: the language that was heard."""
    duration: float | None = None
    """With verbose_json: how long the sound is, in seconds."""
    logprobs: list[Any] | None = None
    """The probabilities of the words, when they were asked for."""
    usage: dict[str, Any] | None = None
    """How many tokens or seconds were used."""


class ListeningTool(OpenAITool):
    """A tool with a sound file."""

    not_sent: ClassVar[frozenset[str]] = frozenset({"file"})

    file: Annotated[str, Form(group="main", label="Sound")] = Field(examples=["{{ inputs.recording }}"])
    """The recording, at most 25 MB (mp3, mp4, m4a, wav, webm, ogg, flac): a file of this execution or a web address."""
    prompt: Annotated[str | None, Form("textarea", group="main", label="Hints")] = None
    """Words and names that occur in it, so that they are spelt right."""
    response_format: Annotated[
        Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] | None,
        Form(group="answer", label="Shape"),
    ] = None
    """json when it is not set; srt and vtt are subtitles; which ones there are depends on the model."""
    temperature: Annotated[float | None, Form(group="sampling", label="Temperature")] = Field(None, ge=0, le=1)
    """0 keeps close to what was heard, 1 guesses more."""

    async def listened(self, context: RunContext, call: Call) -> ListeningOutputs:
        """Sends the sound with the call's parameters."""
        sound = await media.load(context, self.file, media.LARGEST_AUDIO_BYTES)
        if not sound.content:
            raise TaskFailure("The sound file is empty.", retryable=False)
        connection, model = self.connection(), str(getattr(self, "model", ""))
        sending = form_of(call, [("file", sound)])
        with self.explaining():
            if self.response_format in ("text", "srt", "vtt"):
                return await self._as_text(context, await fetch(context, connection, sending, model=model))
            body = await fetch_json(context, connection, sending, model=model)
        measure(context, {"model": model, **body}, "audio", connection.priced_as)
        return ListeningOutputs.of(body)

    async def _as_text(self, context: RunContext, came: Reply) -> ListeningOutputs:
        text = came.content.decode(errors="replace")
        spend(context, None, {"model": str(getattr(self, "model", ""))})
        name = _AS_FILES.get(self.response_format or "")
        return ListeningOutputs(text=text, file=name and await context.files.put(name, came.content))
