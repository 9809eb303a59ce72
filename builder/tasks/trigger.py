"""What a trigger type is: a pydantic model of its properties; whoever fires it lives in `builder.triggers`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, Field

from builder.flows.catalogue import Kind
from builder.tasks.fields.form import Form
from builder.tasks.fields.properties import AsWritten, Duration, Rendered
from builder.tasks.plugin import Plugin
from builder.tasks.world.context import RunContext

Ending = Literal["SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED"]
_ID = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"


class Trigger(AsWritten, Plugin):
    """One trigger type. Subclasses set `type_name` and fields; those that it renders say so with `Rendered`."""

    kind: ClassVar[Kind] = Kind.TRIGGER

    id: Annotated[str, Form(group="step")] = Field(max_length=256, pattern=_ID)
    """The trigger's name in this flow."""
    type: Annotated[str, Form(group="step")]
    """What kind of trigger this is."""
    description: Annotated[str | None, Form("textarea", group="step")] = None
    """A note for people who read the flow."""
    when: Annotated[str | None, Rendered("raw"), Form(group="flow", label="Only when")] = Field(
        None, examples=["{{ isWeekend(trigger.date) }}"]
    )
    """An expression; nothing starts when it gives false, 0 or nothing."""
    conditions: Annotated[list[dict[str, Any]] | None, Rendered("raw"), Form("yaml", group="flow")] = Field(
        None, validation_alias=AliasChoices("conditions", "scheduleConditions")
    )
    """Kestra's older way to say when: a list of conditions, all of which must hold."""
    disabled: Annotated[bool, Form(group="flow")] = False
    """Start nothing for now."""
    labels: Annotated[dict[str, str] | list[dict[str, str]] | None, Rendered("raw"), Form("map", group="advanced")] = (
        None
    )
    """Labels of the executions that it starts, besides those of the flow."""
    stop_after: Annotated[list[Ending] | None, Form(group="failure", label="Stop after")] = Field(
        None, alias="stopAfter"
    )
    """The trigger is switched off when an execution it started ends in one of these states."""
    allow_concurrent: Annotated[bool, Form(group="advanced", label="Allow overlapping executions")] = Field(
        False, alias="allowConcurrent"
    )
    """Start another execution while the last one it started still runs."""
    fail_on_trigger_error: Annotated[bool, Form("hidden")] = Field(False, alias="failOnTriggerError")
    """Leave a failed execution behind when it could not look or start; the trigger tells the reason either way."""
    log_level: Annotated[str | None, Form("hidden")] = Field(
        None, validation_alias=AliasChoices("logLevel", "minLogLevel")
    )
    """The least level of log lines; accepted, without effect here."""
    log_to_file: Annotated[bool, Form("hidden")] = Field(False, alias="logToFile")
    """Accepted, without effect here."""
    worker_group: Annotated[Any, Form("hidden")] = Field(None, alias="workerGroup")
    """Kestra Enterprise: which workers evaluate the trigger; accepted, without effect here."""
    worker_selector: Annotated[Any, Form("hidden")] = Field(None, alias="workerSelector")
    """Kestra Enterprise: which workers evaluate the trigger; accepted, without effect here."""
    version: Annotated[Any, Form("hidden")] = None
    """Kestra's plug-in version; accepted, without effect here."""
    assets: Annotated[Any, Form("hidden")] = None
    """Kestra Enterprise: assets; accepted, without effect here."""
    policy_refs: Annotated[Any, Form("hidden")] = Field(None, alias="policyRefs")
    """Kestra Enterprise: policies; accepted, without effect here."""


Trigger.common = frozenset(Trigger.model_fields) - {"id", "type"}


class PollingTrigger(Trigger):
    """A trigger that looks again and again whether there is something to start with; a subclass says how it looks.

    All that it has besides what triggers have in common is rendered before each look.
    """

    interval: Duration = Field(timedelta(minutes=1), ge=timedelta(seconds=1), examples=["PT5M"])
    """How long to wait between two looks."""
    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = None
    """Values for the flow's inputs; they may read what was found as trigger.*."""

    @classmethod
    def takes_expression(cls, name: str) -> bool:
        return name not in cls.common or super().takes_expression(name)

    async def evaluate(self, context: RunContext) -> Mapping[str, Any] | None:
        """What expressions read as `trigger` in what is to be started; None when there is nothing to start.

        One look at a time is made, by one process. Raises BuilderError; what it says is told on the trigger.
        """
        raise NotImplementedError
