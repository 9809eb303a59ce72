"""Pictures in an answer: kept as files of the execution, whatever way they came."""

from typing import Any

from builder.tasks.api import RunContext, TaskFailure
from tasks_openai import media
from tasks_openai.toolkit.tool import ToolOutputs

LARGEST_IMAGE_BYTES = 50 * 2**20
LARGEST_ANSWER_BYTES = 128 * 2**20
"""Ten pictures in base64."""


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
    """The answer with every picture stored; base64 stays out of the outputs. Raises TaskFailure when one is broken."""
    data = [await _kept(context, number, one) for number, one in enumerate(body.get("data") or ())]
    if not data:
        raise TaskFailure("The answer holds no picture.", outputs=body)
    return ImagesAnswer.model_validate({**body, "data": data})


async def _kept(context: RunContext, number: int, one: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in one.items() if key != "b64_json"}
    if one.get("b64_json"):
        content = media.from_base64(str(one["b64_json"]))
    elif one.get("url"):
        try:
            content = (await media.load(context, str(one["url"]), LARGEST_IMAGE_BYTES)).content
        except TaskFailure as failure:
            context.log("WARN", f"Picture {number + 1} stays where it is, for about an hour: {failure.message}")
            return rest
    else:
        return rest
    if not media.kind_of(content).startswith("image/"):
        context.log("WARN", f"Picture {number + 1} is no picture but {media.kind_of(content)}; it is kept as that.")
    return {**rest, "uri": await media.keep(context, f"image-{number + 1}", content)}
