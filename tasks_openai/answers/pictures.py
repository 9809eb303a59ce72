"""Pictures in an answer: kept as files of the execution, whatever way they came."""

import json
from collections.abc import Mapping
from typing import Any

from builder.tasks.api import RunContext, TaskFailure
from tasks_openai.answers import media
from tasks_openai.wire.failures import EXCERPT_CHARACTERS

LARGEST_IMAGE_BYTES = 50 * 2**20
LARGEST_ANSWER_BYTES = 128 * 2**20
"""Ten pictures in base64."""
LONGEST_PROMPTS = {"dall-e-2": 1_000, "dall-e-3": 4_000}
LONGEST_PROMPT = 32_000


async def kept(context: RunContext, body: Mapping[str, Any], *, fetch: bool = True) -> list[dict[str, Any]]:
    """The pictures of an answer, each with the `uri` of the file that is kept; base64 stays out of the outputs.

    `fetch`: whether to keep those too of which only an address came. Raises TaskFailure when there is none, or one
    is broken.
    """
    came = body.get("data")
    pictures = [one for one in came if isinstance(one, dict)] if isinstance(came, list) else []
    found = [await _kept(context, number, one, fetch) for number, one in enumerate(pictures)]
    if not found:
        begin = json.dumps(body, default=str)[:EXCERPT_CHARACTERS]
        sentence = f"The answer was not understood: it holds no picture. It begins: {begin!r}."
        raise TaskFailure(sentence, outputs=dict(body))
    return found


async def _kept(context: RunContext, number: int, one: dict[str, Any], fetch: bool) -> dict[str, Any]:
    rest = {key: value for key, value in one.items() if key != "b64_json"}
    if one.get("b64_json"):
        content = media.from_base64(str(one["b64_json"]))
        if len(content) > LARGEST_IMAGE_BYTES:
            raise TaskFailure(f"Picture {number + 1} is larger than {LARGEST_IMAGE_BYTES // 2**20} MB; ask for less.")
    elif one.get("url") and fetch:
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
