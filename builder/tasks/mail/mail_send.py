"""Sends an e-mail over SMTP."""

import asyncio
from typing import Annotated

from builder.tasks.api import AliasChoices, Field, Form, KestraTask, RunContext, SecretStr, TaskFailure
from builder.tasks.mail.message import Letter
from builder.tasks.mail.smtp import Delivery, Strategy


class MailSend(Letter, KestraTask):
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
        message = await self.message(context)
        everyone = self.recipients()
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
            refused = await asyncio.to_thread(delivery.send, message, self.sender(), everyone)
        except asyncio.CancelledError:
            delivery.cut()
            raise
        except ValueError as error:
            raise TaskFailure(f"The mail cannot be written: {error}.", retryable=False) from error
        for who, reason in refused.items():
            context.log("WARN", f"{self.host} refused the recipient {who}: {reason}")
        context.log("INFO", f"Sent a mail to {len(everyone) - len(refused)} recipients.")
