"""openai.CreateTranslation."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.toolkit.listening import ListeningOutputs, ListeningTool


class CreateTranslation(ListeningTool):
    """Write down in English what is said in a recording of any language."""

    type_name: ClassVar[str] = "openai.CreateTranslation"
    aliases: ClassVar[tuple[str, ...]] = ("openai_ai_create_translation",)
    title: ClassVar[str] = "Create translation"
    costs: ClassVar[bool] = True
    path: ClassVar[str] = "/audio/translations"
    instead: ClassVar[str] = (
        "Where it is gone: transcribe with openai.CreateTranscription and have a chat model translate."
    )
    example: ClassVar[str] = """\
id: in_english
type: openai.CreateTranslation
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: whisper-1
file: "{{ inputs.recording }}"
"""

    model: Annotated[str, Form("model", group="main", label="Model", options=("whisper-1",))] = Field(
        examples=["whisper-1"]
    )
    """Which model listens; OpenAI offers whisper-1 only."""

    async def run(self, context: RunContext) -> ListeningOutputs:
        return await self.listened(context, self.call())
