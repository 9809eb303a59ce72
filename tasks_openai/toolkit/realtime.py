"""What the calls for realtime sessions share: they give out a short-lived key for a browser."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Form, RunContext
from tasks_openai.toolkit.tool import OpenAITool, ToolOutputs
from tasks_openai.wire.connection import Connection

AudioFormat = Literal["pcm16", "g711_ulaw", "g711_alaw"]
Modalities = Annotated[list[Literal["text", "audio"]] | None, Form("list", group="main", label="Kinds of answer")]
Nullable = dict[str, Any] | None
BETA = (("OpenAI-Beta", "realtime=v1"),)


class SessionAnswer(ToolOutputs):
    """A session as the API describes it."""

    client_secret: dict[str, Any] | None = None
    """The short-lived key (value, encrypted in the outputs' record) and when it expires (expires_at)."""
    modalities: list[Any] | None = None
    """What the session answers with."""
    input_audio_format: str | None = None
    """How sound is sent to it."""
    input_audio_transcription: Any = None
    """How what is heard is written down."""
    turn_detection: Any = None
    """How it knows that somebody has finished speaking."""


class RealtimeTool(OpenAITool):
    """A call that begins a session for a browser."""

    instead: ClassVar[str] = (
        "OpenAI replaced the beta of realtime sessions by client secrets (POST /realtime/client_secrets); call that "
        "with a core.http.Request step, or name a server that still has the beta as base_url."
    )

    input_audio_format: Annotated[AudioFormat | None, Form(group="main", label="Sound that comes in")] = None
    """How sound is sent to the session."""
    input_audio_noise_reduction: Annotated[Nullable, Form("yaml", group="main", label="Noise reduction")] = None
    """{"type": "near_field"} for headsets, far_field for rooms."""
    input_audio_transcription: Annotated[Nullable, Form("yaml", group="main", label="Transcription")] = None
    """language, model and prompt, to have what is heard written down."""
    modalities: Modalities = None
    """text, audio or both."""
    turn_detection: Annotated[Nullable, Form("yaml", group="main", label="Turns")] = None
    """How it knows that somebody has finished speaking: server_vad or semantic_vad, with its settings."""

    def connection(self) -> Connection:
        return replace(super().connection(), headers=BETA)

    async def session(self, context: RunContext) -> dict[str, Any]:
        """The session, its key known as a secret of the execution from now on."""
        body = await self.answer(context, self.call())
        secret = body.get("client_secret")
        value = secret.get("value") if isinstance(secret, dict) else None
        if isinstance(value, str) and isinstance(secret, dict):
            body["client_secret"] = {**secret, "value": dict(context.encrypt(value))}
        return body
