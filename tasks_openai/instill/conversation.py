"""A conversation in Instill's words, turned into the messages of a chat: history, system message, prompt, pictures."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from builder.tasks.api import Form, InstillProperties, RunContext
from tasks_openai.answers import media


class ImageUrl(InstillProperties):
    """Where a picture is."""

    url: str
    """The address of the picture: a file of this execution, a web address, or the picture itself in base64."""


class ContentPart(InstillProperties):
    """A part of a message: words or a picture."""

    type: Literal["text", "image_url"] = "text"
    """Which of the two it is."""
    text: str | None = None
    """The words."""
    image_url: ImageUrl | None = None
    """The picture."""


class HistoryMessage(InstillProperties):
    """An earlier turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    """Who spoke."""
    content: Annotated[str | list[ContentPart], Form("textarea")]
    """What was said: a text, or a list of parts with text and pictures."""


async def messages_of(
    context: RunContext,
    prompt: str,
    system_message: str | None,
    images: Sequence[str],
    history: Sequence[HistoryMessage],
) -> list[dict[str, Any]]:
    """The messages as the API takes them. A system message has no effect beside a history. Raises TaskFailure."""
    turns = [await _turn(context, one) for one in history]
    if system_message and history:
        context.log("WARN", "system-message has no effect, since chat-history is given; put it there as role system.")
    elif system_message:
        turns.append({"role": "system", "content": system_message})
    parts = [await _picture(context, address) for address in images]
    content: Any = [{"type": "text", "text": prompt}, *parts] if parts else prompt
    return [*turns, {"role": "user", "content": content}]


async def _turn(context: RunContext, message: HistoryMessage) -> dict[str, Any]:
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    parts = [
        await _picture(context, part.image_url.url)
        if part.image_url is not None
        else {"type": "text", "text": part.text or ""}
        for part in message.content
    ]
    return {"role": message.role, "content": parts}


async def _picture(context: RunContext, address: str) -> dict[str, Any]:
    address = address.strip()
    if not address.startswith(("http://", "https://", "data:", "kestra://")):
        content = media.from_base64(address)
        address = media.Loaded("", content, media.kind_of(content)).as_data_url()
    elif address.startswith("kestra://"):
        address = (await media.load(context, address)).as_data_url()
    return {"type": "image_url", "image_url": {"url": address}}
