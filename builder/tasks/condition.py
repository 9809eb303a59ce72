"""What a condition type is: a pydantic model of its properties with one question, `holds`, about what has happened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Field

from builder.errors import BuilderError
from builder.flows.catalogue import Kind
from builder.tasks.fields.form import Form
from builder.tasks.fields.properties import Rendered
from builder.tasks.plugin import Plugin

RunState = Literal[
    "CREATED",
    "RUNNING",
    "PAUSED",
    "RESTARTED",
    "KILLING",
    "SUCCESS",
    "WARNING",
    "FAILED",
    "KILLED",
    "CANCELLED",
    "QUEUED",
    "RETRYING",
    "RETRIED",
    "SKIPPED",
    "BREAKPOINT",
]
"""The states that a condition may name."""


class ConditionError(BuilderError):
    """A condition cannot be told; it counts as not holding."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The execution of another flow that a flow trigger looks at. `attempts`: the states of tasks that were retried."""

    namespace: str
    flow_id: str
    state: str
    labels: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    attempts: tuple[str, ...] = ()


class Facts(Protocol):
    """All that a condition may ask. `execution`: None where none has happened (schedules, webhooks)."""

    @property
    def execution(self) -> Upstream | None: ...

    def render(self, value: Any, *, typed: bool = False) -> Any:
        """Expressions in the value rendered; they read `trigger`, `flow` and so on. Raises BuilderError."""
        ...

    def each(self, conditions: list[dict[str, Any]]) -> Iterator[bool]:
        """Whether each condition of a list holds, for those that are made of others. Raises BuilderError."""
        ...


class Condition(Plugin):
    """One condition type. Subclasses set `type_name`, fields and `holds`."""

    kind: ClassVar[Kind] = Kind.CONDITION

    id: Annotated[str | None, Form("hidden")] = None
    """A name; accepted, without effect."""
    type: Annotated[str, Form(group="step")]
    """What kind of condition this is."""

    def holds(self, facts: Facts) -> bool:
        """Whether it holds, from the facts alone. Raises BuilderError when that cannot be told."""
        raise NotImplementedError


class DateCondition(Condition):
    """A condition on a date, the trigger's unless the flow says otherwise."""

    date: Annotated[str, Rendered("raw"), Form(group="advanced")] = Field(
        "{{ trigger.date }}", examples=["{{ trigger.date }}"]
    )
    """The date to look at, in ISO-8601; the one that the trigger is about when it is not set."""

    def moment(self, facts: Facts) -> datetime:
        """The date with its own offset; one without any is in UTC."""
        return read_moment(str(facts.render(self.date)))


class UpstreamCondition(Condition):
    """A condition on the execution that a flow trigger looks at."""

    def upstream(self, facts: Facts) -> Upstream:
        """Raises ConditionError for a trigger that has no execution to look at."""
        if facts.execution is None:
            raise ConditionError(
                f"{self.short_name()} asks about another flow's execution, which only a Flow trigger has."
            )
        return facts.execution


def read_moment(text: str) -> datetime:
    """A date or date and time in ISO-8601, such as 2027-01-15T10:00:00+01:00[Europe/Paris]. Raises ConditionError."""
    try:
        moment = datetime.fromisoformat(text.strip().partition("[")[0])
    except ValueError:
        raise ConditionError(f"`{text}` is not a date; write it like 2027-01-15T10:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
