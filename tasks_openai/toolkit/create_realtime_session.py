"""openai.CreateRealtimeSession."""

from typing import Annotated, Any, ClassVar, Literal

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.model_names import VOICES
from tasks_openai.toolkit.realtime import AudioFormat, RealtimeTool, SessionAnswer


class CreateRealtimeSession(RealtimeTool):
    """Begin a spoken conversation: gives a short-lived key with which a browser connects to the model."""

    type_name: ClassVar[str] = "openai.CreateRealtimeSession"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_realtime_session",)
    title: ClassVar[str] = "Create realtime session"
    path: ClassVar[str] = "/realtime/sessions"
    example: ClassVar[str] = """\
id: session
type: openai.CreateRealtimeSession
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-realtime
voice: alloy
instructions: Be kind and brief.
"""

    model: Annotated[str | None, Form("model", group="main", label="Model", options=("gpt-realtime",))] = None
    """Which model speaks."""
    voice: Annotated[str | None, Form(group="main", label="Voice", options=VOICES)] = None
    """Who speaks; it cannot be changed after the first word."""
    instructions: Annotated[str | None, Form("textarea", group="main", label="Rules for the model")] = None
    """How to speak and what about."""
    output_audio_format: Annotated[AudioFormat | None, Form(group="answer", label="Sound that goes out")] = None
    """How the session sends its sound."""
    max_response_output_tokens: Annotated[
        Annotated[int, Field(ge=1, le=4096)] | Literal["inf"] | None,
        Form(group="answer", label="Longest answer (tokens)"),
    ] = None
    """1 to 4096, or inf."""
    temperature: Annotated[float | None, Form(group="sampling", label="Temperature")] = Field(None, ge=0.6, le=1.2)
    """0.8 is the service's advice for speech."""
    tools: Annotated[list[dict[str, Any]] | None, Form("yaml", group="tools", label="Tools")] = None
    """Functions that the model may call."""
    tool_choice: Annotated[
        str | None, Form(group="tools", label="Use of tools", options=("auto", "none", "required"))
    ] = None
    """auto, none, required, or a function's name."""

    async def run(self, context: RunContext) -> SessionAnswer:
        return SessionAnswer.of(await self.session(context))
