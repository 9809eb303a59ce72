"""A conversation as authors write it and as it goes to a provider: turns of texts and files, files read in."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from builder.tasks.api import Field, Form, Properties, RunContext, TaskFailure, field_validator, model_validator
from tasks_openai.answers import media

Role = Literal["system", "user", "assistant"]
_ROLES: dict[str, Role] = {"SYSTEM": "system", "USER": "user", "AI": "assistant"}


class ContentBlock(Properties):
    """A part of a message: words, a picture or a PDF."""

    type: Literal["TEXT", "IMAGE", "PDF"] = "TEXT"
    """What kind of part this is."""
    text: Annotated[str | None, Form("textarea")] = None
    """The words."""
    uri: Annotated[str | None, Form(label="File")] = Field(None, examples=["{{ inputs.file }}"])
    """The picture or PDF: a file of the execution, or an address of the web."""

    @model_validator(mode="after")
    def _has_content(self) -> "ContentBlock":
        if self.type == "TEXT" and not self.text:
            raise ValueError("a block of type TEXT needs text")
        if self.type != "TEXT" and not self.uri:
            raise ValueError(f"a block of type {self.type} needs uri")
        return self


class ChatMessage(Properties):
    """One turn of the conversation."""

    type: Literal["SYSTEM", "AI", "USER"] = "USER"
    """Who speaks: SYSTEM sets the rules, USER asks, AI is what the model answered earlier."""
    content: Annotated[str | None, Form("textarea")] = None
    """What is said."""
    content_blocks: Annotated[list[ContentBlock] | None, Form("list", label="Parts")] = None
    """Words, pictures and PDFs, instead of content."""

    @field_validator("type", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        upper = value.upper() if isinstance(value, str) and "{{" not in value else value
        return "AI" if upper == "ASSISTANT" else upper

    @model_validator(mode="after")
    def _says_something(self) -> "ChatMessage":
        if bool(self.content and self.content.strip()) == bool(self.content_blocks):
            raise ValueError("a message needs either content or contentBlocks")
        if self.content_blocks and self.type != "USER" and any(one.type != "TEXT" for one in self.content_blocks):
            raise ValueError("only messages of type USER may have pictures and PDFs")
        return self


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, ready to be sent: texts and files in their order."""

    role: Role
    parts: tuple[str | media.Loaded, ...]

    @property
    def text(self) -> str:
        """Its words alone."""
        return "\n".join(part for part in self.parts if isinstance(part, str))


async def turns_of(context: RunContext, messages: list[ChatMessage]) -> list[Turn]:
    """The conversation with its files read. Raises TaskFailure."""
    return [Turn(_ROLES[one.type], await _parts(context, one)) for one in messages]


async def _parts(context: RunContext, message: ChatMessage) -> tuple[str | media.Loaded, ...]:
    parts: list[str | media.Loaded] = [message.content] if message.content else []
    for block in message.content_blocks or ():
        if block.type == "TEXT":
            parts.append(block.text or "")
            continue
        file = await media.load(context, block.uri or "")
        wanted = file.kind == "application/pdf" if block.type == "PDF" else file.kind.startswith("image/")
        if not wanted:
            message_text = f"{block.uri} is no {'PDF' if block.type == 'PDF' else 'picture'} but {file.kind}."
            raise TaskFailure(message_text, retryable=False)
        parts.append(file)
    return tuple(parts)


def check_conversation(messages: list[ChatMessage]) -> None:
    """Raises ValueError for what no provider takes."""
    if not messages:
        raise ValueError("write at least one message")
    if sum(one.type == "SYSTEM" for one in messages) > 1:
        raise ValueError("only one system message is allowed")
    if messages[-1].type != "USER":
        raise ValueError("the last message must be of type USER")
