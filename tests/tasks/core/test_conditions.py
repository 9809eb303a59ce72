"""What each condition asks, answered from facts alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from builder.expressions import render_value
from builder.flows.catalogue import Kind
from builder.tasks.catalogue import catalogue
from builder.tasks.check import check_written
from builder.tasks.condition import Condition, ConditionError, Upstream
from builder.tasks.prepare import prepare

DONE = Upstream("shop.orders", "import", "SUCCESS", {"customer": "acme"}, {"rows": 3}, ("FAILED", "SUCCESS"))
SATURDAY = {"trigger": {"date": "2027-01-16T23:30:00+01:00"}}
MONDAY = {"trigger": {"date": "2027-01-18T09:00:00Z"}}


@dataclass
class Known:
    """Facts for a condition."""

    variables: dict[str, Any] = field(default_factory=dict)
    execution: Upstream | None = None

    def render(self, value: Any, *, typed: bool = False) -> Any:
        return render_value(value, self.variables, typed=typed)

    def each(self, conditions: list[dict[str, Any]]) -> Iterator[bool]:
        return (holds(self, **one) for one in conditions)


def holds(facts: Known, type: str, **written: Any) -> bool:
    plugin = catalogue().plugin_class(f"io.kestra.plugin.core.condition.{type}", Kind.CONDITION)
    assert check_written(plugin, {"type": type, **written}) == []
    condition = prepare(plugin, {"type": type, **written}, facts.render)
    assert isinstance(condition, Condition)
    return condition.holds(facts)


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ({"type": "ExecutionFlow", "namespace": "shop.orders", "flowId": "import"}, True),
        ({"type": "ExecutionFlow", "namespace": "shop", "flowId": "import"}, False),
        ({"type": "ExecutionNamespace", "namespace": "shop.orders"}, True),
        ({"type": "ExecutionNamespace", "namespace": "shop"}, False),
        ({"type": "ExecutionNamespace", "namespace": "shop", "comparison": "PREFIX"}, True),
        ({"type": "ExecutionNamespace", "namespace": "shop", "prefix": True}, True),
        ({"type": "ExecutionNamespace", "namespace": "orders", "comparison": "SUFFIX"}, True),
        ({"type": "ExecutionStatus", "in": ["SUCCESS", "WARNING"]}, True),
        ({"type": "ExecutionStatus", "in": ["FAILED"]}, False),
        ({"type": "ExecutionStatus", "notIn": ["SUCCESS"]}, False),
        ({"type": "ExecutionStatus"}, True),
        ({"type": "ExecutionLabels", "labels": {"customer": "acme"}}, True),
        ({"type": "ExecutionLabels", "labels": [{"key": "customer", "value": "acme"}]}, True),
        ({"type": "ExecutionLabels", "labels": {"customer": "acme", "region": "eu"}}, False),
        ({"type": "HasRetryAttempt", "in": ["FAILED"]}, True),
        ({"type": "HasRetryAttempt", "in": ["KILLED"]}, False),
        ({"type": "HasRetryAttempt", "in": ["SUCCESS"], "notIn": ["SUCCESS"]}, False),
        ({"type": "ExecutionOutputs", "expression": "{{ trigger.outputs.rows > 2 }}"}, True),
        ({"type": "ExecutionOutputs", "expression": "{{ trigger.outputs.rows > 9 }}"}, False),
    ],
)
def test_it_looks_at_another_flows_execution(written: dict[str, Any], answer: bool) -> None:
    assert holds(Known({"trigger": {"outputs": DONE.outputs}}, DONE), **written) is answer


def test_a_flow_without_outputs_has_none_that_fit() -> None:
    bare = Upstream("shop", "import", "SUCCESS")
    assert not holds(Known({}, bare), "ExecutionOutputs", expression="{{ trigger.outputs.rows > 2 }}")


@pytest.mark.parametrize(
    ("facts", "written", "answer"),
    [
        (SATURDAY, {"type": "Weekend"}, True),
        (MONDAY, {"type": "Weekend"}, False),
        (MONDAY, {"type": "Weekend", "date": "2027-01-17"}, True),
        (SATURDAY, {"type": "DayWeek", "dayOfWeek": "SATURDAY"}, True),
        (MONDAY, {"type": "DayWeek", "dayOfWeek": "SATURDAY"}, False),
        (SATURDAY, {"type": "DayWeekInMonth", "dayOfWeek": "SATURDAY", "dayInMonth": "THIRD"}, True),
        (SATURDAY, {"type": "DayWeekInMonth", "dayOfWeek": "SATURDAY", "dayInMonth": "FIRST"}, False),
        (MONDAY, {"type": "DayWeekInMonth", "dayOfWeek": "SATURDAY", "dayInMonth": "THIRD"}, False),
        (MONDAY, {"type": "DayWeekInMonth", "dayOfWeek": "MONDAY", "dayInMonth": "LAST", "date": "2027-01-25"}, True),
        (MONDAY, {"type": "DateTimeBetween", "after": "2027-01-01T00:00:00Z"}, True),
        (MONDAY, {"type": "DateTimeBetween", "after": "2027-01-18T09:00:00Z"}, False),
        (MONDAY, {"type": "DateTimeBetween", "before": "2027-01-18T10:30:00+01:00[Europe/Paris]"}, True),
        (MONDAY, {"type": "DateTimeBetween", "after": "{{ trigger.date }}", "before": "2028-01-01"}, False),
        (SATURDAY, {"type": "TimeBetween", "after": "23:00:00"}, True),
        (SATURDAY, {"type": "TimeBetween", "after": "23:00:00Z"}, False),
        (SATURDAY, {"type": "TimeBetween", "after": "22:00:00Z", "before": "22:30:00+00:00"}, False),
        (SATURDAY, {"type": "TimeBetween", "after": "22:00:00Z", "before": "22:31:00+00:00"}, True),
        (MONDAY, {"type": "Expression", "expression": "{{ trigger.date is not null }}"}, True),
        (MONDAY, {"type": "Expression", "expression": "{{ 1 > 2 }}"}, False),
        (MONDAY, {"type": "Expression", "expression": ""}, False),
        (MONDAY, {"type": "Not", "conditions": [{"type": "Weekend"}]}, True),
        (
            SATURDAY,
            {"type": "Not", "conditions": [{"type": "Weekend"}, {"type": "DayWeek", "dayOfWeek": "MONDAY"}]},
            False,
        ),
        (MONDAY, {"type": "Or", "conditions": [{"type": "Weekend"}, {"type": "DayWeek", "dayOfWeek": "MONDAY"}]}, True),
        (MONDAY, {"type": "Or", "conditions": [{"type": "Weekend"}]}, False),
    ],
)
def test_it_looks_at_the_trigger(facts: dict[str, Any], written: dict[str, Any], answer: bool) -> None:
    assert holds(Known(facts), **written) is answer


def test_a_schedule_has_no_execution_to_look_at() -> None:
    with pytest.raises(ConditionError, match="only a Flow trigger has"):
        holds(Known(MONDAY), "ExecutionStatus", **{"in": ["FAILED"]})


def test_a_date_that_is_none_is_told() -> None:
    with pytest.raises(ConditionError, match="`soon` is not a date"):
        holds(Known({"trigger": {"date": "soon"}}), "Weekend")


@pytest.mark.parametrize(
    ("type", "written", "message"),
    [
        ("TimeBetween", {}, "TimeBetween: it needs after, before or both"),
        ("DateTimeBetween", {}, "DateTimeBetween: it needs after, before or both"),
        ("TimeBetween", {"after": "morning"}, "after: a time is written like 08:00:00 or 08:00:00+01:00"),
    ],
)
def test_it_is_checked_as_written(type: str, written: dict[str, Any], message: str) -> None:
    plugin = catalogue().plugin_class(f"io.kestra.plugin.core.condition.{type}", Kind.CONDITION)
    assert [fault.message for fault in check_written(plugin, {"type": type, **written})] == [message]


@pytest.mark.parametrize(
    "old",
    [
        "io.kestra.core.models.conditions.types.VariableCondition",
        "io.kestra.plugin.core.condition.WeekendCondition",
        "io.kestra.core.models.conditions.types.HasRetryAttemptCondition",
    ],
)
def test_an_old_name_is_understood(old: str) -> None:
    entry = catalogue().find(old)
    assert entry is not None and entry.kind is Kind.CONDITION
