"""Sends an HTTP request and keeps its answer."""

from typing import Annotated, Any

from builder.tasks.api import Form, Outputs, RunContext
from builder.tasks.http.exchange import HttpTask
from builder.tasks.http.heads import headers_of


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
            text = await self.text_of(response)
            context.metric("response.length", response.num_bytes_downloaded, unit="bytes")
        if not self.encrypt_body:
            self._log(context, "RESPONSE_BODY", text)
        answer = Answer(uri=str(response.url), code=response.status_code, headers=headers_of(response))
        if self.encrypt_body:
            context.mask(text)
            return answer.model_copy(update={"encrypted_body": context.encrypt(text)})
        return answer.model_copy(update={"body": text})
