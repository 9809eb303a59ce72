"""Sends an HTTP request and keeps its answer."""

import codecs
from typing import TYPE_CHECKING, Annotated, Any

from builder.tasks.api import Form, Outputs, RunContext
from builder.tasks.http.exchange import HttpTask, too_large
from builder.tasks.http.heads import headers_of
from builder.tasks.http.options import REQUEST_BYTES

if TYPE_CHECKING:
    import httpx2


class Answer(Outputs):
    uri: str
    """The address that answered, after redirects."""
    code: int
    """The status."""
    headers: dict[str, list[str]]
    """The answer's headers, each a list."""
    body: str | None = None
    """The answer as text; read JSON with fromJson()."""
    encrypted_body: dict[str, Any] | None = None
    """The answer, encrypted, when that was asked for."""


class Request(HttpTask):
    """Send an HTTP request and keep the answer."""

    type_name = "io.kestra.plugin.core.http.Request"
    aliases = ("io.kestra.plugin.fs.http.Request",)
    title = "HTTP request"
    example = """
id: order
type: io.kestra.plugin.core.http.Request
uri: https://example.com/orders
method: POST
headers:
  X-Client: millstream
body: '{"name": "{{ inputs.name }}"}'
"""

    allow_failed: Annotated[bool, Form(group="main", label="Accept any status")] = False
    """No status is a failure; the flow reads outputs.<id>.code itself."""
    encrypt_body: Annotated[bool, Form(group="advanced")] = False
    """Keep the answer encrypted, as encryptedBody, so that no page shows it."""

    async def run(self, context: RunContext) -> Answer:
        async with self.exchange(context, allow_failed=self.allow_failed) as response:
            content = await self._content(response)
        context.metric("response.length", len(content), unit="bytes")
        text = content.decode(self._charset(response), "replace")
        if not self.encrypt_body:
            self._log(context, "RESPONSE_BODY", text)
        answer = Answer(uri=str(response.url), code=response.status_code, headers=headers_of(response))
        if self.encrypt_body:
            context.mask(text)
            return answer.model_copy(update={"encrypted_body": context.encrypt(text)})
        return answer.model_copy(update={"body": text})

    async def _content(self, response: "httpx2.Response") -> bytes:
        written = self.sending.max_content_length
        limit = REQUEST_BYTES if written is None else written
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > limit:
                raise too_large(self.uri, limit)
        return bytes(content)

    def _charset(self, response: "httpx2.Response") -> str:
        charset = response.charset_encoding or self.sending.default_charset
        try:
            return codecs.lookup(charset).name
        except LookupError:
            return "utf-8"
