"""Starts a flow when its address is called; `builder.triggers` answers the calls."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from builder.tasks.api import Duration, Field, Form, Outputs, Rendered
from builder.tasks.core.trigger.calls import CalledTrigger


class File(Outputs):
    name: str
    """The name of the form's field."""
    filename: str
    """The file's own name."""
    content_type: str
    """What it says it is."""
    size: int
    """How many bytes it has."""
    uri: str
    """Where it is kept: a kestra:// address."""


class Call(Outputs):
    body: Any
    """What was sent: a map or list where it is JSON, else the text; null where nothing was sent."""
    headers: dict[str, list[str]]
    """The headers of the call, by their names in lower case; those with credentials are left out."""
    parameters: dict[str, list[str]]
    """What stands behind the ? of the address."""
    parts: list[File]
    """The files of a form."""
    form_fields: dict[str, list[str]]
    """The other fields of a form."""
    uri: str
    """The file of the body, where fetchType is STORE."""


class Webhook(CalledTrigger):
    """Start the flow when its secret address is called."""

    type_name = "io.kestra.plugin.core.trigger.Webhook"
    aliases = ("io.kestra.core.models.triggers.types.Webhook",)
    gives = Call
    title = "When an address is called"
    example = """
id: from_the_shop
type: io.kestra.plugin.core.trigger.Webhook
key: 4wjtkzwVGBM9yKnjm3yv8r
inputs:
  order: "{{ trigger.body.order }}"
"""

    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = Field(
        None, examples=[{"order": "{{ trigger.body.order }}"}]
    )
    """Values for the flow's inputs; they may read trigger.body, trigger.headers and trigger.parameters."""
    wait: Annotated[bool, Form(group="answer", label="Answer at the end")] = False
    """Answer when the execution has ended, instead of at once."""
    wait_timeout: Annotated[Duration | None, Form(group="answer", label="Wait at most")] = Field(
        None, gt=timedelta(0), examples=["PT30S"]
    )
    """How long a call is held, five minutes at the most; then the answer is 202, and the execution goes on."""
    return_outputs: Annotated[bool, Form(group="answer")] = False
    """Answer with the flow's outputs; needs "Answer at the end"."""
    response_content_type: Annotated[Literal["application/json", "text/plain"] | None, Form(group="answer")] = None
    """How the outputs are written: as JSON, or as plain text."""
    response_code: Annotated[str | int | None, Rendered("raw"), Form(group="answer")] = Field(None, examples=[202])
    """The status of the answer; 200, or 500 after a failure, when it is not set."""
    fetch_type: Annotated[
        Literal["FETCH", "STORE", "NONE"] | None, Form(group="advanced", label="Keep the body as")
    ] = None
    """FETCH reads it into trigger.body, STORE keeps a file (trigger.uri), NONE drops it."""
