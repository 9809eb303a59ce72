"""An e-mail as Python's `email` package builds it."""

import hashlib
import mimetypes
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import TYPE_CHECKING

from builder.tasks.api import RunContext, TaskFailure

if TYPE_CHECKING:
    from builder.tasks.mail.mail_send import Attachment, MailSend

ATTACHMENT_BYTES = 25 * 1024 * 1024


async def build_message(task: "MailSend", context: RunContext) -> EmailMessage:
    """The mail with its attachments read. Each attempt has the same Message-ID, so that mailboxes notice doubles."""
    message = EmailMessage()
    try:
        _address(message, task, context)
    except ValueError as error:
        raise TaskFailure(f"The mail cannot be addressed: {error}.", retryable=False) from error
    _write(message, task)
    for attachment in task.attachments:
        await _attach(message, attachment, context)
    for image in task.embedded_images:
        await _attach(message, image, context, inline=True)
    return message


def recipients(task: "MailSend") -> list[str]:
    """The bare addresses of all who get the mail. Raises TaskFailure when there is none."""
    written = [*_listed(task.to), *_listed(task.cc), *_listed(task.bcc)]
    found = [address for _, address in getaddresses(written) if address]
    if not found:
        raise TaskFailure("to: no address to send the mail to.", retryable=False)
    return found


def sender(task: "MailSend") -> str:
    """The bare address of the sender."""
    return parseaddr(task.from_)[1] or task.from_


def _listed(written: str | list[str] | None) -> list[str]:
    parts = [written] if isinstance(written, str) else written or []
    return [part.strip() for text in parts for part in text.replace(";", ",").split(",") if part.strip()]


def _address(message: EmailMessage, task: "MailSend", context: RunContext) -> None:
    message["From"] = task.from_
    message["To"] = ", ".join(_listed(task.to))
    if task.cc:
        message["Cc"] = ", ".join(_listed(task.cc))
    if task.reply_to:
        message["Reply-To"] = ", ".join(_listed(task.reply_to))
    message["Subject"] = " ".join((task.subject or "").splitlines())
    message["Date"] = format_datetime(context.now())
    message["Message-ID"] = f"<{hashlib.sha256(context.attempt_key.encode()).hexdigest()[:32]}@millstream>"


def _write(message: EmailMessage, task: "MailSend") -> None:
    if task.html_text_content is None:
        message.set_content(task.plain_text_content or "")
    elif task.plain_text_content is None:
        message.set_content(task.html_text_content, subtype="html")
    else:
        message.set_content(task.plain_text_content)
        message.add_alternative(task.html_text_content, subtype="html")


async def _attach(message: EmailMessage, file: "Attachment", context: RunContext, *, inline: bool = False) -> None:
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
