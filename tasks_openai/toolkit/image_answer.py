"""Pictures in an answer: kept as files of the execution, whatever way they came."""

from typing import Any

from builder.tasks.api import RunContext
from tasks_openai.answers import pictures
from tasks_openai.toolkit.tool import ToolOutputs


class ImagesAnswer(ToolOutputs):
    """Pictures as the API answers them, each with the `uri` of the file that is kept here."""

    created: int | None = None
    """When they were made, in seconds since 1970."""
    data: list[dict[str, Any]]
    """The pictures: data[0].uri is the kept file, data[0].url the address that the service gave, if it gave one."""
    usage: dict[str, Any] | None = None
    """How many tokens were used."""
    output_format: str | None = None
    """The kind of picture."""
    quality: str | None = None
    """How fine it is."""
    size: str | None = None
    """How large it is."""
    background: str | None = None
    """Whether it is transparent."""


async def keep_images(context: RunContext, body: dict[str, Any]) -> ImagesAnswer:
    """The answer with every picture stored. Raises TaskFailure when one is broken."""
    return ImagesAnswer.of({**body, "data": await pictures.kept(context, body)})
