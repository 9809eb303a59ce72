"""io.kestra.plugin.ai.completion.Classification."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, Rendered, RunContext, TaskFailure
from tasks_openai.ai.answered import token_usage
from tasks_openai.ai.asking import hear
from tasks_openai.ai.asking_task import AnsweredOutputs, AskingTask
from tasks_openai.ai.conversation import Turn

_RULES = "Respond by only one of the following classes by typing just the exact class name: {{ classes }}"


class ClassificationOutput(AnsweredOutputs):
    """The class that was chosen."""

    classification: str
    """One of the classes, as it is written in the task."""


class Classification(AskingTask):
    """Sort a text into one of some classes, by a model of any provider.

    The answer is one of the classes, whatever case, quotes or full stop the model writes around it; another answer
    fails the step and is kept in its outputs.
    """

    type_name: ClassVar[str] = "io.kestra.plugin.ai.completion.Classification"
    aliases: ClassVar[tuple[str, ...]] = (
        "io.kestra.plugin.ai.Classification",
        "io.kestra.plugin.langchain4j.Classification",
        "io.kestra.plugin.langchain4j.completion.Classification",
    )
    title: ClassVar[str] = "Classify a text"
    example: ClassVar[str] = """\
id: categorize
type: io.kestra.plugin.ai.completion.Classification
prompt: "Categorize the sentiment of: I love this product!"
classes:
  - positive
  - negative
  - neutral
provider:
  type: io.kestra.plugin.ai.provider.OpenAI
  apiKey: "{{ secret('OPENAI_API_KEY') }}"
  modelName: gpt-5.4-mini
"""

    prompt: Annotated[str, Form("textarea", group="main", label="Text")] = Field(min_length=1)
    """The text to sort."""
    classes: Annotated[list[str], Form("list", group="main", label="Classes")] = Field(min_length=1)
    """What it can be."""
    system_message: Annotated[str, Form("textarea", group="answer", label="Rules"), Rendered("raw")] = _RULES
    """What the model is told; {{ classes }} stands for the classes."""

    async def run(self, context: RunContext) -> ClassificationOutput:
        rules = str(await context.render(self.system_message, {"classes": list(self.classes)}))
        turns = [Turn("system", (rules,)), Turn("user", (self.prompt,))]
        answered = (await hear(context, self.provider, turns, self.configuration)).answered
        chosen = next((one for one in self.classes if _bare(one) == _bare(answered.text)), None)
        if chosen is None:
            raise TaskFailure(
                f"The model answered {answered.text[:100]!r}, which is none of the classes "
                f"({', '.join(self.classes)}). Say more plainly what each class means, or choose another model.",
                outputs={"classification": answered.text, "finishReason": answered.reason},
            )
        return ClassificationOutput(
            classification=chosen, token_usage=token_usage(answered.usage), finish_reason=answered.reason
        )


def _bare(text: str) -> str:
    return text.strip().strip("\"'`*.").strip().casefold()
