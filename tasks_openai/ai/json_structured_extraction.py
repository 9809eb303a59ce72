"""io.kestra.plugin.ai.completion.JSONStructuredExtraction."""

import json
from typing import Annotated, Any, ClassVar

from builder.tasks.api import Field, Form, RunContext
from tasks_openai.ai.answered import token_usage
from tasks_openai.ai.asking import hear
from tasks_openai.ai.asking_task import AnsweredOutputs, AskingTask
from tasks_openai.ai.configuration import ResponseFormat
from tasks_openai.ai.conversation import Turn


class ExtractionOutput(AnsweredOutputs):
    """What was found."""

    schema_name: str
    """The name of what was looked for."""
    extracted_json: str
    """The fields with their values, as JSON text; fromJson() makes data of it."""


class JSONStructuredExtraction(AskingTask):
    """Pick named fields out of a text, by a model of any provider.

    Every field comes back as text; one that the text does not hold is empty.
    """

    type_name: ClassVar[str] = "io.kestra.plugin.ai.completion.JSONStructuredExtraction"
    aliases: ClassVar[tuple[str, ...]] = (
        "io.kestra.plugin.ai.JSONStructuredExtraction",
        "io.kestra.plugin.langchain4j.JSONStructuredExtraction",
        "io.kestra.plugin.langchain4j.completion.JSONStructuredExtraction",
    )
    title: ClassVar[str] = "Extract fields from a text"
    example: ClassVar[str] = """\
id: extract_person
type: io.kestra.plugin.ai.completion.JSONStructuredExtraction
schemaName: Person
jsonFields:
  - name
  - city
prompt: "Hi! I'm John Smith from Paris, France."
provider:
  type: io.kestra.plugin.ai.provider.OpenAI
  apiKey: "{{ secret('OPENAI_API_KEY') }}"
  modelName: gpt-5.4-mini
"""

    prompt: Annotated[str, Form("textarea", group="main", label="Text")] = Field(min_length=1)
    """The text, with what to look for in it."""
    schema_name: Annotated[str, Form(group="main", label="What it is")] = Field(
        pattern=r"^[\w-]{1,64}$", examples=["Person"]
    )
    """A name for the thing that the fields describe: letters, digits, _ and -."""
    json_fields: Annotated[list[str], Form("list", group="main", label="Fields")] = Field(min_length=1)
    """What to pick out."""
    system_message: Annotated[str, Form("textarea", group="answer", label="Rules")] = (
        "You are a structured JSON extraction assistant. Always respond with valid JSON."
    )
    """What the model is told."""

    async def run(self, context: RunContext) -> ExtractionOutput:
        shape = ResponseFormat(type="JSON", json_schema=self.schema_of_fields(), strict_json=self._strict())
        how = self.configuration.model_copy(update={"response_format": shape})
        turns = [Turn("system", (self.system_message,)), Turn("user", (self.prompt,))]
        heard = await hear(context, self.provider, turns, how, self.schema_name)
        return ExtractionOutput(
            schema_name=self.schema_name,
            extracted_json=json.dumps(heard.data, ensure_ascii=False),
            token_usage=token_usage(heard.answered.usage),
            finish_reason=heard.answered.reason,
        )

    def _strict(self) -> bool:
        written = self.configuration.response_format
        return written.strict_json if written is not None else False

    def schema_of_fields(self) -> dict[str, Any]:
        """The schema that the answer must fit."""
        return {
            "type": "object",
            "properties": {name: {"type": "string"} for name in self.json_fields},
            "required": list(self.json_fields),
            "additionalProperties": False,
        }
