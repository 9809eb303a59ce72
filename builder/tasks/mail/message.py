"""An e-mail: what its author writes, and the message that Python's `email` package builds of it."""

import hashlib
import mimetypes
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Annotated

from builder.tasks.api import Field, Form, Properties, RunContext, TaskFailure

ATTACHMENT_BYTES = 25 * 1024 * 1024


class Attachment(Properties):
    """A file that goes with the mail."""

    uri: str = Field(examples=["{{ outputs.report.uri }}"])
    """The file, as a kestra:// address."""
    name: str | None = None
    """The name that the reader sees; the file's own when it is not set."""
    content_type: str | None = Field(None, examples=["text/csv"])
    """What the file is; found by its name when it is not set."""


class Letter(Properties):
    """Who writes what to whom."""

    from_: Annotated[str, Form(label="From")] = Field(alias="from", examples=["bot@example.com"])
    """Who sends the mail."""
    to: Annotated[str | list[str], Form("text", placeholder="a@example.com, b@example.com")] = Field(
        examples=["team@example.com"]
    )
    """Who gets the mail; several are a list, or separated by commas."""
    cc: Annotated[str | list[str] | None, Form("text")] = None
    """Who gets a copy."""
    bcc: Annotated[str | list[str] | None, Form("text", group="advanced", label="BCC")] = None
    """Who gets a copy that the others do not see."""
    reply_to: Annotated[str | list[str] | None, Form("text", group="advanced")] = None
    """Where answers go."""
    subject: str | None = None
    """The subject line."""
    html_text_content: Annotated[str | None, Form("code", language="html", label="Text (HTML)")] = None
    """The mail as HTML."""
    plain_text_content: Annotated[str | None, Form("textarea", label="Text (plain)")] = None
    """The mail as plain text."""
    attachments: list[Attachment] = Field([])
    """Files that go with the mail."""
    embedded_images: Annotated[list[Attachment], Form(group="advanced")] = Field([])
    """Images that the HTML shows as cid:<name>."""

    async def message(self, context: RunContext) -> EmailMessage:
        """With its attachments read. Each attempt has the same Message-ID, so that mailboxes notice doubles."""
        message = EmailMessage()
        try:
            _address(message, self, context)
        except ValueError as error:
            raise TaskFailure(f"The mail cannot be addressed: {error}.", retryable=False) from error
        _write(message, self)
        for attachment in self.attachments:
            await _attach(message, attachment, context)
        for image in self.embedded_images:
            await _attach(message, image, context, inline=True)
        return message

    def recipients(self) -> list[str]:
        """The bare addresses of all who get the mail. Raises TaskFailure when there is none."""
        written = [*_listed(self.to), *_listed(self.cc), *_listed(self.bcc)]
        found = [address for _, address in getaddresses(written) if address]
        if not found:
            raise TaskFailure("to: no address to send the mail to.", retryable=False)
        return found

    def sender(self) -> str:
        """The bare address of the sender."""
        return parseaddr(self.from_)[1] or self.from_


def _listed(written: str | list[str] | None) -> list[str]:
    parts = [written] if isinstance(written, str) else written or []
    return [part.strip() for text in parts for part in text.replace(";", ",").split(",") if part.strip()]


def _address(message: EmailMessage, letter: Letter, context: RunContext) -> None:
    message["From"] = letter.from_
    message["To"] = ", ".join(_listed(letter.to))
    if letter.cc:
        message["Cc"] = ", ".join(_listed(letter.cc))
    if letter.reply_to:
        message["Reply-To"] = ", ".join(_listed(letter.reply_to))
    message["Subject"] = " ".join((letter.subject or "").splitlines())
    message["Date"] = format_datetime(context.now())
    message["Message-ID"] = f"<{hashlib.sha256(context.attempt_key.encode()).hexdigest()[:32]}@millstream>"


def _write(message: EmailMessage, letter: Letter) -> None:
    if letter.html_text_content is None:
        message.set_content(letter.plain_text_content or "")
    elif letter.plain_text_content is None:
        message.set_content(letter.html_text_content, subtype="html")
    else:
        message.set_content(letter.plain_text_content)
        message.add_alternative(letter.html_text_content, subtype="html")


async def _attach(message: EmailMessage, file: Attachment, context: RunContext, *, inline: bool = False) -> None:
    content = await context.files.read(file.uri, limit_bytes=ATTACHMENT_BYTES)
    name = file.name or file.uri.rpartition("/")[2]
    kind = file.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    main, _, sub = kind.partition(";")[0].strip().partition("/")
    disposition = "inline" if inline else "attachment"
    message.add_attachment(
        content,
        maintype=main,
        subtype=sub or "octet-stream",
        filename=name,
        disposition=disposition,
        cid=f"<{name}>" if inline else None,
    )
