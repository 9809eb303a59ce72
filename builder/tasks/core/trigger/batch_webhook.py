"""Starts a flow for several calls at once; `builder.triggers` keeps the calls."""

from datetime import timedelta
from typing import Annotated, Any, Self

from builder.tasks.api import Duration, Field, Form, Outputs, Rendered, WrongProperty, model_validator
from builder.tasks.core.trigger.calls import CalledTrigger


class Calls(Outputs):
    date: str
    """When the flow was started with them."""
    uri: str
    """A file with a call on each line: eventId, eventReceived, body, headers and parameters."""
    count: int
    """How many calls there are."""


class BatchWebhook(CalledTrigger):
    """Gather calls of a secret address, and start the flow with all of them at once."""

    type_name = "io.kestra.plugin.core.trigger.BatchWebhook"
    gives = Calls
    title = "When an address was called often"
    example = """
id: orders
type: io.kestra.plugin.core.trigger.BatchWebhook
key: 4wjtkzwVGBM9yKnjm3yv8r
eventsCount: 100
pollingInterval: PT10M
eventFilter: "{{ trigger.body.amount > 0 }}"
"""

    events_count: int | None = Field(None, ge=1, le=10_000, examples=[100])
    """Start with so many calls."""
    polling_interval: Duration | None = Field(None, examples=["PT10M"])
    """Start with what there is when the first call is this old."""
    event_filter: Annotated[str | None, Rendered("raw")] = Field(None, examples=["{{ trigger.body.amount > 0 }}"])
    """An expression about each call; calls for which it gives false, 0 or nothing are left out."""
    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = Field(
        None, examples=[{"calls": "{{ trigger.uri }}"}]
    )
    """Values for the flow's inputs; trigger.uri is a file with a call in each line, trigger.count says how many."""

    @model_validator(mode="after")
    def _ends_some_time(self) -> Self:
        if self.events_count is None and self.polling_interval is None:
            raise WrongProperty(("eventsCount",), "it needs eventsCount, pollingInterval or both")
        if self.polling_interval is not None and self.polling_interval <= timedelta(0):
            raise WrongProperty(("pollingInterval",), "pollingInterval must be longer than nothing")
        return self
