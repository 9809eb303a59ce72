"""Sends an e-mail over SMTP."""

import asyncio
from typing import Annotated

from builder.tasks.api import AliasChoices, Field, Form, KestraTask, Properties, RunContext, SecretStr, TaskFailure
from builder.tasks.mail.message import build_message, recipients, sender
from builder.tasks.mail.smtp import Delivery, Strategy


class Attachment(Properties):
    """A file that goes with the mail."""

    uri: str = Field(examples=["{{ outputs.report.uri }}"])
    """The file, as a kestra:// address."""
    name: str | None = None
    """The name that the reader sees; the file's own when it is not set."""
    content_type: str | None = Field(None, examples=["text/csv"])
    """What the file is; found by its name when it is not set."""


class MailSend(KestraTask):
    """Send an e-mail over an SMTP server."""

    type_name = "io.kestra.plugin.notifications.mail.MailSend"
    aliases = ("io.kestra.plugin.email.MailSend",)
    title = "Send an e-mail"
    category = "Mail"
    icon = "mail"
    example = """
id: tell_the_team
type: io.kestra.plugin.notifications.mail.MailSend
host: smtp.example.com
port: 465
username: bot@example.com
password: "{{ secret('EMAIL_PASSWORD') }}"
from: bot@example.com
to: team@example.com
subject: Daily summary
htmlTextContent: "<p>{{ outputs.ask.outputText }}</p>"
"""

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
    host: Annotated[str, Form(group="connection")] = Field(examples=["smtp.example.com"])
    """The SMTP server."""
    port: Annotated[int, Form(group="connection")] = Field(465, ge=1, le=65535, examples=[465])
    """Its port: 465 with SMTPS, 587 with SMTP_TLS."""
    username: Annotated[str | None, Form(group="connection")] = None
    """The name to sign in with."""
    password: Annotated[SecretStr | None, Form(group="connection")] = None
    """The password to sign in with."""
    transport_strategy: Annotated[Strategy, Form(group="connection", label="Security")] = "SMTPS"
    """SMTPS: encrypted from the start; SMTP_TLS: encrypted after STARTTLS; SMTP: encrypted if the server can."""
    session_timeout: Annotated[int, Form(group="connection", label="Answer within (ms)")] = Field(10_000, ge=1)
    """How long the server may take for an answer, in milliseconds."""
    verify_server_identity: Annotated[bool, Form(group="connection", label="Check the certificate")] = Field(
        True, validation_alias=AliasChoices("verifyServerIdentity")
    )
    """Refuse a server whose certificate is not its own."""

    async def run(self, context: RunContext) -> None:
        message = await build_message(self, context)
        everyone = recipients(self)
        context.sent({"from": self.from_, "to": everyone, "subject": self.subject, "host": self.host})
        delivery = Delivery(
            host=self.host,
            port=self.port,
            strategy=self.transport_strategy,
            verify=self.verify_server_identity,
            address=await asyncio.to_thread(context.http.check_address, self.host, self.port),
            timeout_seconds=self.session_timeout / 1000,
            username=self.username or "",
            password=self.password.get_secret_value() if self.password else "",
        )
        try:
            refused = await asyncio.to_thread(delivery.send, message, sender(self), everyone)
        except asyncio.CancelledError:
            delivery.cut()
            raise
        except ValueError as error:
            raise TaskFailure(f"The mail cannot be written: {error}.", retryable=False) from error
        for who, reason in refused.items():
            context.log("WARN", f"{self.host} refused the recipient {who}: {reason}")
        context.log("INFO", f"Sent a mail to {len(everyone) - len(refused)} recipients.")
