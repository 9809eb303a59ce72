"""Starts a flow when an address answers as it should; `builder.triggers` looks again and again."""

from collections.abc import Mapping
from typing import Annotated, Any

from builder.tasks.api import Field, Form, Outputs, PollingTrigger, Rendered, RunContext, is_true
from builder.tasks.http.exchange import HttpCall
from builder.tasks.http.heads import headers_of


class Found(Outputs):
    uri: str
    """The address that answered, after redirects."""
    code: int
    """The status of the answer."""
    headers: dict[str, list[str]]
    """Its headers."""
    body: str
    """Its body, as text: fromJson(trigger.body) reads JSON."""
    encrypted_body: dict[str, str]
    """Its body, encrypted, where encryptBody is set."""


class Trigger(HttpCall, PollingTrigger):
    """Ask an address again and again, and start the flow when the answer fits."""

    type_name = "io.kestra.plugin.core.http.Trigger"
    aliases = ("io.kestra.plugin.fs.http.Trigger",)
    gives = Found
    title = "When an address answers"
    category = "Triggers"
    example = """
id: new_orders
type: io.kestra.plugin.core.http.Trigger
uri: https://example.com/orders
interval: PT5M
responseCondition: "{{ fromJson(response.body) | length > 0 }}"
"""

    response_condition: Annotated[str, Rendered("raw")] = Field(
        "{{ response.statusCode < 400 }}", examples=["{{ fromJson(response.body).ready }}"]
    )
    """An expression about the answer: response.statusCode, response.body, response.headers."""
    encrypt_body: Annotated[bool, Form(group="advanced")] = False
    """Keep the answer encrypted, as encryptedBody."""

    async def evaluate(self, context: RunContext) -> Mapping[str, Any] | None:
        async with self.exchange(context, allow_failed=True) as response:
            text = await self.text_of(response)
        headers = headers_of(response)
        seen = {"statusCode": response.status_code, "body": text, "headers": headers}
        if not is_true(str(await context.render(self.response_condition, {"response": seen}))):
            return None
        found = {"uri": str(response.url), "code": response.status_code, "headers": headers}
        if not self.encrypt_body:
            return {**found, "body": text}
        context.mask(text)
        return {**found, "encryptedBody": context.encrypt(text)}
