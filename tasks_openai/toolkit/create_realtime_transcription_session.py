"""openai.CreateRealtimeTranscriptionSession."""

from typing import Annotated, ClassVar, Literal

from builder.tasks.api import Form, RunContext
from tasks_openai.toolkit.realtime import RealtimeTool, SessionAnswer


class CreateRealtimeTranscriptionSession(RealtimeTool):
    """Begin a live transcription: gives a short-lived key with which a browser sends sound and reads words."""

    type_name: ClassVar[str] = "openai.CreateRealtimeTranscriptionSession"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_realtime_transcription_session",)
    title: ClassVar[str] = "Create realtime transcription session"
    path: ClassVar[str] = "/realtime/transcription_sessions"
    example: ClassVar[str] = """\
id: session
type: openai.CreateRealtimeTranscriptionSession
api_key: "{{ secret('OPENAI_API_KEY') }}"
input_audio_transcription:
  model: gpt-4o-transcribe
"""

    include: Annotated[
        list[Literal["item.input_audio_transcription.logprobs"]] | None,
        Form("list", group="main", label="Give as well"),
    ] = None
    """item.input_audio_transcription.logprobs: how sure it is of each word."""

    async def run(self, context: RunContext) -> SessionAnswer:
        return SessionAnswer.of(await self.session(context))
