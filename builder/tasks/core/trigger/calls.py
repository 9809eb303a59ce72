"""What the triggers that are called have in common: the key in the address, and the signature of a call."""

import re
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Annotated, Any, Literal, Self

from builder.tasks.api import (
    Duration,
    Field,
    Form,
    Properties,
    Rendered,
    SecretStr,
    Trigger,
    WrongProperty,
    field_validator,
    holds_template,
    model_validator,
)

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_KEY_BYTES = 24


class Signature(Properties):
    """How calls are signed; one that is not, or wrongly, starts nothing."""

    style: Literal["GITHUB", "STRIPE", "SLACK", "HMAC"]
    """Whose way of signing: GitHub's, Stripe's, Slack's, or the plain HMAC-SHA256 of the body."""
    secret: SecretStr = Field(examples=["{{ secret('WEBHOOK_SECRET') }}"])
    """The secret that both sides know."""
    header: str | None = Field(None, examples=["X-Signature"])
    """The header that holds the signature; the usual one of the style when it is not set."""
    tolerance: Duration | None = Field(None, examples=["PT5M"])
    """How old a call of Stripe or Slack may be; five minutes when it is not set."""

    @model_validator(mode="after")
    def _names_a_header(self) -> Self:
        if self.style == "HMAC" and self.header is None:
            raise WrongProperty(("header",), "HMAC needs header: the name of the one that holds the signature")
        return self


class CalledTrigger(Trigger):
    """A trigger with an address of its own."""

    category = "Triggers"

    key: Annotated[str, Rendered("text")] = Field(min_length=1, max_length=256, examples=["4wjtkzwVGBM9yKnjm3yv8r"])
    """The last part of the address, hard to guess: whoever knows it can start the flow."""
    signature: Annotated[Signature | None, Rendered("text"), Form(group="connection", label="Signed calls only")] = None
    """Start for signed calls only, whoever knows the address."""

    @classmethod
    def made_anew(cls) -> Mapping[str, Any]:
        return {"key": token_urlsafe(_KEY_BYTES)}

    @field_validator("key")
    @classmethod
    def _plain_letters(cls, key: str) -> str:
        if not holds_template(key) and not _KEY.fullmatch(key.strip()):
            raise ValueError("the key may hold letters, digits, dash and underscore")
        return key
