"""How a flow trigger says that it waits for several things: Kestra 1's `preconditions`, Kestra 2's `dependsOn`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from builder.errors import InvalidInput
from builder.schedule import check_zone
from builder.schedule.windows import Daily, Every, Lookback, Window, read_time
from builder.tasks.api import (
    AsWritten,
    Duration,
    Field,
    Form,
    Rendered,
    RunState,
    WrongProperty,
    field_validator,
    holds_template,
    model_validator,
)

Labels = dict[str, Any] | list[dict[str, Any]]
_UTC = ZoneInfo("UTC")
_MIDNIGHT = "00:00:00"
_DAY = timedelta(days=1)
_NONE = timedelta(0)


def pairs_of(labels: Labels | None) -> list[tuple[str, str]]:
    """Labels, written as a map or as a list of {key, value}, with their values as text."""
    if isinstance(labels, Mapping):
        return [(str(key), _text(value)) for key, value in labels.items()]
    return [(str(one.get("key", "")), _text(one.get("value", ""))) for one in labels or ()]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_time(text: str | None) -> str | None:
    """For validators: raises ValueError."""
    if text is not None and not holds_template(text):
        try:
            read_time(text)
        except InvalidInput as error:
            raise ValueError(error.message) from None
    return text


class UpstreamFlow(AsWritten):
    """One execution to wait for; all that is written must fit."""

    namespace: str | None = Field(None, examples=["company.team"])
    """The flow's namespace."""
    flow_id: str | None = Field(None, examples=["import_orders"])
    """The flow's id."""
    states: list[RunState] | None = Field(None, examples=[["SUCCESS"]])
    """The states that are meant; those of the trigger when it is not set."""
    labels: Annotated[Labels | None, Form("map")] = Field(None, examples=[{"customer": "acme"}])
    """Labels that the execution must have."""

    @field_validator("flow_id")
    @classmethod
    def _is_named(cls, flow_id: str | None) -> str | None:
        if flow_id is not None and not flow_id.strip():
            raise ValueError("say which flow: write its id")
        return flow_id


class DependsOn(UpstreamFlow):
    """One execution to wait for; all that is written must fit."""

    when: Annotated[str | None, Rendered("raw")] = Field(None, examples=["{{ outputs.rows > 0 }}"])
    """An expression about the execution that must be true."""


class Filter(AsWritten):
    """One thing that must be true of the execution."""

    field: Literal["FLOW_ID", "NAMESPACE", "STATE", "EXPRESSION"]
    """What is looked at; EXPRESSION: what the value comes to."""
    type: Literal[
        "EQUAL_TO", "NOT_EQUAL_TO", "IN", "NOT_IN", "IS_TRUE", "IS_FALSE", "IS_NULL", "IS_NOT_NULL", "STARTS_WITH",
        "ENDS_WITH", "REGEX", "CONTAINS",
    ]  # fmt: skip
    """How it is compared."""
    value: Annotated[str | None, Rendered("raw")] = Field(None, examples=["company.team"])
    """What it is compared with."""
    values: list[str] | None = Field(None, examples=[["import_orders", "import_customers"]])
    """What it is compared with, for IN and NOT_IN."""

    @model_validator(mode="after")
    def _has_something_to_compare(self) -> Self:
        if self.type in ("IN", "NOT_IN"):
            if self.values is None and self.value is None:
                raise WrongProperty(("values",), f"{self.type} needs values, a list")
        elif self.value is None and (self.field == "EXPRESSION" or not self.type.startswith("IS_")):
            raise WrongProperty(("value",), f"{self.type} needs a value")
        return self


class Where(AsWritten):
    """Several things that must be true of one execution."""

    id: str = Field(examples=["big_import"])
    """A name, its own among the others."""
    operand: Literal["AND", "OR"] = "AND"
    """Whether all of them must be true, or one."""
    filters: list[Filter] = Field(min_length=1)
    """What must be true."""


class TimeWindow(AsWritten):
    """Within which time all must have happened."""

    type: Literal["DURATION_WINDOW", "SLIDING_WINDOW", "DAILY_TIME_WINDOW", "DAILY_TIME_DEADLINE"] = "DURATION_WINDOW"
    """One window after the other, the time before each end, part of each day, or each day up to a time."""
    window: Duration | None = Field(None, examples=["PT6H"])
    """How long it is; a day when it is not set."""
    window_advance: Duration | None = Field(None, examples=["PT1H"])
    """How much later than midnight windows begin."""
    start_time: str | None = Field(None, examples=["06:00:00"])
    """When a daily window begins."""
    end_time: str | None = Field(None, examples=["09:00:00"])
    """When a daily window ends."""
    deadline: str | None = Field(None, examples=["09:00:00"])
    """By when all must have happened each day."""

    _times = field_validator("start_time", "end_time", "deadline")(check_time)

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        needs = {"DAILY_TIME_WINDOW": ("startTime", "endTime"), "DAILY_TIME_DEADLINE": ("deadline",)}
        written = {"startTime": self.start_time, "endTime": self.end_time, "deadline": self.deadline}
        for name in needs.get(self.type, ()):
            if written[name] is None:
                raise WrongProperty((name,), f"{self.type} needs {name}")
        return self

    def cut(self) -> Window:
        """Raises InvalidInput."""
        if self.type == "SLIDING_WINDOW":
            return Lookback(self.window or _DAY)
        if self.type == "DAILY_TIME_WINDOW":
            return Daily(read_time(self.start_time or _MIDNIGHT), read_time(self.end_time or _MIDNIGHT), _UTC)
        if self.type == "DAILY_TIME_DEADLINE":
            return _until(self.deadline or _MIDNIGHT, _UTC)
        return Every(self.window or _DAY, self.window_advance or _NONE, _UTC)


class Preconditions(AsWritten):
    """All that must have happened, by any number of executions."""

    id: str = Field("preconditions", examples=["all_imports"])
    """A name."""
    description: Annotated[str | None, Form("hidden")] = None
    """A note; accepted, without effect."""
    flows: list[UpstreamFlow] | None = None
    """Executions to wait for."""
    where: list[Where] | None = None
    """More that must be true, each of some execution."""
    time_window: TimeWindow | None = None
    """Within which time; a day when it is not set."""
    reset_on_success: bool = True
    """Begin anew once all has happened; without it, each further execution that fits starts the flow again."""

    @model_validator(mode="after")
    def _waits_for_something(self) -> Self:
        if not self.flows and not self.where:
            raise WrongProperty(("flows",), "preconditions need flows or where: what to wait for")
        ids = [one.id for one in self.where or ()]
        if len(set(ids)) != len(ids):
            raise WrongProperty(("where",), "each of where needs an id of its own")
        return self


class DependsWindow(AsWritten):
    """Within which time all must have happened: by a deadline, from and to, lookback, or every and offset."""

    deadline: str | None = Field(None, examples=["09:00:00"])
    """By when each day."""
    from_: str | None = Field(None, alias="from", examples=["06:00:00"])
    """From when each day."""
    to: str | None = Field(None, examples=["09:00:00"])
    """Up to when each day."""
    lookback: Duration | None = Field(None, examples=["PT6H"])
    """How far back."""
    every: Duration | None = Field(None, examples=["P1D"])
    """One window after the other, each this long; a day when it is not set."""
    offset: Duration | None = Field(None, examples=["PT1H"])
    """How much later than midnight windows begin."""
    timezone: str | None = Field(None, examples=["Europe/Paris"])
    """In whose time; UTC when it is not set."""
    fire_once: Annotated[bool | None, Form("hidden")] = None
    """Accepted: what was seen is forgotten after each start in any case."""

    _times = field_validator("deadline", "from_", "to")(check_time)

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        problem = None if holds_template(zone) else check_zone(zone)
        if problem:
            raise ValueError(problem)
        return zone

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        kinds = {
            "deadline": self.deadline, "from and to": self.from_ or self.to, "lookback": self.lookback,
            "every and offset": self.every or self.offset,
        }  # fmt: skip
        written = [name for name, value in kinds.items() if value]
        if len(written) > 1:
            raise ValueError(f"a window is of one kind, not of both {written[0]} and {written[1]}")
        if bool(self.from_) != bool(self.to):
            raise WrongProperty(("to" if self.from_ else "from",), "a window with from needs to, and the other way")
        return self

    def cut(self) -> Window:
        """Raises InvalidInput."""
        if self.timezone and (problem := check_zone(self.timezone)):
            raise InvalidInput(problem)
        zone = ZoneInfo(self.timezone) if self.timezone else _UTC
        if self.deadline:
            return _until(self.deadline, zone)
        if self.from_ and self.to:
            return Daily(read_time(self.from_), read_time(self.to), zone)
        if self.lookback:
            return Lookback(self.lookback)
        return Every(self.every or _DAY, self.offset or _NONE, zone)


class OnMiss(AsWritten):
    """What happens when a window ends before all has happened."""

    behavior: Literal["FAIL"] = "FAIL"
    """FAIL: an execution that has failed, so that people and other flows hear of it."""
    labels: Annotated[Labels | None, Form("map")] = Field(None, examples=[{"missed": "true"}])
    """Labels of that execution."""


def _until(deadline: str, zone: ZoneInfo) -> Daily:
    end = read_time(deadline)
    return Daily(read_time(_MIDNIGHT).replace(tzinfo=end.tzinfo), end, zone)
