"""Whom a call asks and how: the address, the key, certificates and limits. A value; `client` makes it a client."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tasks_openai.wire.failures import USUAL, Place, Wording

OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is about to go out; `target` is its path with the query as on the wire, `kind` its media type."""

    method: str
    host: str
    target: str
    kind: str
    body: bytes
    at: datetime


class Signature(Protocol):
    """Proves a request by headers that follow from all of it. A value that can be compared."""

    def headers(self, request: Outgoing) -> Mapping[str, str]:
        """The headers to add. Raises ValueError when that cannot be done."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """Without a base URL of its own: OPENAI_BASE_URL, else OpenAI.

    `server`: what sentences call it; its address when empty. `headers` and `query` go with every request, after those
    that the official client makes (a header of an empty value is left out). `ca_pem` and `client_pem` are PEM text.
    `attempts`: how often a call is made at most; the usual number when None.
    """

    api_key: str
    base_url: str | None = None
    silence_seconds: float = 10
    organization: str | None = None
    project: str | None = None
    ca_pem: str | None = field(default=None, repr=False)
    client_pem: str | None = field(default=None, repr=False)
    proxy: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, str], ...] = ()
    server: str = ""
    signature: Signature | None = field(default=None, repr=False)
    attempts: int | None = None
    wording: Wording = USUAL

    @property
    def url(self) -> str:
        return (self.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL).rstrip("/")

    @property
    def priced_as(self) -> str:
        """Whose prices hold: OPENAI_BASE_URL is how OpenAI is reached from here; a flow's own server has its own."""
        return self.base_url or OPENAI_URL

    def place(self, model: str) -> Place:
        """What sentences about a call with this model need."""
        named = self.server or ("OpenAI" if self.url.startswith(OPENAI_URL) else f"the model server {self.url}")
        return Place(named, model, self.api_key, self.silence_seconds, self.wording)
