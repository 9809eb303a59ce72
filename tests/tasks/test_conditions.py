"""What each condition asks, from facts alone."""

from typing import Any

import pytest
import yaml

from builder.expressions import render_value
from builder.flows.catalogue import Kind
from builder.flows.check import check
from builder.tasks.catalogue import catalogue
from builder.tasks.condition import Upstream
from builder.tasks.judge import Judge

CONDITION = "io.kestra.plugin.core.condition."
ORDERS = Upstream("shop.eu", "orders", "FAILED", {"region": "eu"}, {"rows": 3}, ("FAILED", "SUCCESS"))
SEEN = {"flow": {"id": "mine", "namespace": "team.data"}, "trigger": {"date": "2027-07-14T10:00:00+02:00"}}


def render(value: Any, *, typed: bool = False) -> Any:
    trigger = {**SEEN["trigger"], "outputs": ORDERS.outputs, "body": {"amount": 200}}
    return render_value(value, {**SEEN, "trigger": trigger}, typed=typed)


def holds(name: str, upstream: Upstream | None = ORDERS, **written: Any) -> bool | str:
    judge = Judge(render, upstream)
    objection = judge.objection([{"type": CONDITION + name, **written}])
    if objection is not None and objection.broken:
        return objection.reason
    return objection is None


@pytest.mark.parametrize(("name", "written", "wanted"), [
    ("PublicHoliday", {"country": "FR"}, True),
    ("PublicHoliday", {"country": "fr"}, True),
    ("PublicHoliday", {"country": "DE"}, False),
    ("PublicHoliday", {"country": "DE", "subDivision": "BY", "date": "2027-01-06"}, True),
    ("PublicHoliday", {"country": "DE", "subDivision": "HH", "date": "2027-01-06"}, False),
    ("PublicHoliday", {"date": "2027-07-05"}, True),
    ("FlowCondition", {"namespace": "team.data", "flowId": "mine"}, True),
    ("FlowCondition", {"namespace": "team.data", "flowId": "other"}, False),
    ("FlowNamespaceCondition", {"namespace": "team", "prefix": True}, True),
    ("FlowNamespaceCondition", {"namespace": "team"}, False),
    ("FlowNamespaceCondition", {"namespace": ".data", "comparison": "SUFFIX"}, True),
    ("HasRetryAttempt", {"in": ["FAILED"]}, True),
    ("HasRetryAttempt", {"in": ["KILLED"]}, False),
    ("HasRetryAttempt", {"notIn": ["FAILED", "SUCCESS"]}, False),
    ("ExecutionFlow", {"namespace": "shop.eu", "flowId": "orders"}, True),
    ("ExecutionNamespace", {"namespace": "shop", "comparison": "PREFIX"}, True),
    ("ExecutionStatus", {"in": ["FAILED"], "notIn": ["SUCCESS"]}, True),
    ("ExecutionLabels", {"labels": {"region": "eu"}}, True),
    ("ExecutionLabels", {"labels": [{"key": "region", "value": "us"}]}, False),
    ("ExecutionOutputs", {"expression": "{{ trigger.outputs.rows > 2 }}"}, True),
    ("Expression", {"expression": "{{ trigger.outputs.rows > 3 }}"}, False),
    ("DayWeek", {"dayOfWeek": "WEDNESDAY"}, True),
    ("DayWeekInMonth", {"dayOfWeek": "WEDNESDAY", "dayInMonth": "SECOND"}, True),
    ("DayWeekInMonth", {"dayOfWeek": "WEDNESDAY", "dayInMonth": "LAST"}, False),
    ("Weekend", {"date": "2027-07-17"}, True),
    ("TimeBetween", {"after": "09:00:00+02:00", "before": "11:00:00+02:00"}, True),
    ("DateTimeBetween", {"after": "2027-07-14T08:00:00Z"}, False),
])  # fmt: skip
def test_a_condition_holds_or_not(name: str, written: dict[str, Any], wanted: bool) -> None:
    assert holds(name, **written) is wanted
    assert holds("Not", conditions=[{"type": CONDITION + name, **written}]) is not wanted
    assert holds("Or", conditions=[{"type": CONDITION + name, **written}]) is wanted
    assert holds(name + "Condition" * (not name.endswith("Condition")), **written) is wanted


@pytest.mark.parametrize(("name", "written", "said"), [
    ("PublicHoliday", {"country": "XX"}, "The holidays of `XX` are not known"),
    ("PublicHoliday", {"date": "someday"}, "`someday` is not a date"),
    ("MultipleCondition", {"id": "a", "conditions": {"b": {"type": "c"}}}, "only a Flow trigger can do"),
    ("Expression", {"expression": "{{ nothing.here }}"}, "nothing"),
])  # fmt: skip
def test_what_cannot_be_told_counts_as_not_holding(name: str, written: dict[str, Any], said: str) -> None:
    assert said in str(holds(name, **written))


def test_what_asks_about_an_execution_cannot_be_told_without_one() -> None:
    assert "only a Flow trigger has" in str(holds("ExecutionStatus", None, **{"in": ["FAILED"]}))


def test_the_conditions_inside_of_others_are_checked_with_their_places() -> None:
    found = check(
        f"""
id: report
namespace: shop
tasks:
  - {{id: say, type: io.kestra.plugin.core.log.Log, message: hi}}
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    conditions:
      - id: several
        type: {CONDITION}MultipleCondition
        conditions:
          one:
            type: {CONDITION}ExecutionFlow
            namespace: shop
          two:
            type: {CONDITION}Execution
""",
        catalogue(),
    )
    assert [(problem.where, problem.line) for problem in found.errors] == [
        ("triggers[0].conditions[0].conditions.one.flowId", 13),
        ("triggers[0].conditions[0].conditions.two.type", 17),
    ]


GATHERS = "MultipleCondition"
"""It is judged over many executions, by the flow trigger that has it."""
EXAMPLES = [entry for entry in catalogue().all(Kind.CONDITION) if not entry.name.endswith(f".{GATHERS}")]


@pytest.mark.parametrize("entry", EXAMPLES, ids=[entry.name for entry in EXAMPLES])
def test_the_example_of_a_condition_can_be_judged(entry: Any) -> None:
    objection = Judge(render, ORDERS).objection([yaml.safe_load(entry.example)])
    assert objection is None or not objection.broken, objection
