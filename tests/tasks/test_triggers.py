"""What the built-in triggers accept."""

from typing import Any

import pytest

from builder.errors import Severity, dotted
from builder.flows.check import check
from builder.tasks.catalogue import catalogue
from builder.tasks.check import check_written
from builder.tasks.core.condition.multiple_condition import MultipleCondition
from builder.tasks.core.trigger.batch_webhook import BatchWebhook
from builder.tasks.core.trigger.flow import Flow
from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.core.trigger.schedule_on_dates import ScheduleOnDates
from builder.tasks.core.trigger.webhook import Webhook
from builder.tasks.fields.form import fields_of
from builder.tasks.http import trigger as http
from builder.tasks.plugin import Plugin


def said(cls: type[Plugin], **written: Any) -> list[str]:
    return [fault.message for fault in check_written(cls, {"id": "a", "type": "t", **written})]


@pytest.mark.parametrize(
    "written",
    [
        {"cron": "0 9 * * 1-5", "timezone": "Europe/Paris", "inputs": {"x": 1}},
        {"cron": "@daily", "recoverMissedSchedules": "LAST", "lateMaximumDelay": "PT10M"},
        {"cron": "*/5 * * * * *", "withSeconds": True},
        {"cron": "0 9 * * *", "conditions": [{"type": "x"}], "labels": {"a": "b"}, "stopAfter": ["FAILED"]},
        {"cron": "0 9 * * *", "scheduleConditions": [], "minLogLevel": "WARN", "when": "{{ true }}"},
    ],
)
def test_a_schedule_is_accepted(written: dict[str, Any]) -> None:
    assert said(Schedule, **written) == []


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"cron": "61 * * * *"}, ("cron",)),
        ({"cron": "* * * * * *"}, ("cron",)),
        ({"cron": "0 9 * * *", "timezone": "Mars/Olympus"}, ("timezone",)),
        ({"cron": "0 9 * * *", "stopAfter": ["DONE"]}, ("stopAfter", 0)),
        ({}, ("cron",)),
    ],
)
def test_a_wrong_schedule_is_refused_at_its_place(written: dict[str, Any], path: tuple[Any, ...]) -> None:
    (fault,) = check_written(Schedule, {"id": "a", "type": "t", **written})
    assert fault.path == path


@pytest.mark.parametrize("key", ["abc-DEF_1", "{{ secret('HOOK') }}", "x" * 256])
def test_a_webhook_key_is_accepted(key: str) -> None:
    assert said(Webhook, key=key) == []


def test_a_webhook_key_cannot_leave_its_place_in_the_address() -> None:
    assert said(Webhook, key="../executions") == ["key: the key may hold letters, digits, dash and underscore"]
    assert said(Webhook, key="x" * 257) == ["key must have at most 256 characters"]


WHERE = "expressions are read in when, conditions, labels"
NEVER_READ = [
    (Schedule, {"cron": "{{ vars.cron }}"}, ("cron",), f"{WHERE}, inputs."),
    (Schedule, {"cron": "@daily", "timezone": "{{ vars.zone }}"}, ("timezone",), f"{WHERE}, inputs."),
    (Schedule, {"cron": "@daily", "lateMaximumDelay": "{{ vars.x }}"}, ("lateMaximumDelay",), f"{WHERE}, inputs."),
    (Schedule, {"cron": "@daily", "stopAfter": ["{{ vars.end }}"]}, ("stopAfter", 0), f"{WHERE}, inputs."),
    (Schedule, {"cron": "@daily", "disabled": "{{ vars.off }}"}, ("disabled",), f"{WHERE}, inputs."),
    (Webhook, {"key": "a", "wait": "{{ vars.wait }}"}, ("wait",), f"{WHERE}, key, signature, inputs, responseCode."),
    (BatchWebhook, {"key": "a", "eventsCount": "{{ 3 }}"}, ("eventsCount",), "key, signature, eventFilter, inputs."),
    (Flow, {"dependsOn": [{"flowId": "{{ vars.x }}"}]}, ("dependsOn", 0, "flowId"), "are read in when."),
    (Flow, {"dependsOn": [{"flowId": "a"}], "window": {"every": "{{ 1 }}"}}, ("window", "every"), "the value itself."),
    (http.Trigger, {"uri": "http://x.org", "stopAfter": ["{{ vars.end }}"]}, ("stopAfter", 0), "inputs, uri, method"),
    (MultipleCondition, {"conditions": {"a": {}}, "window": "{{ vars.x }}"}, ("window",), "are read in conditions."),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "written", "path", "where"), NEVER_READ)
def test_an_expression_that_nothing_reads_is_refused_at_its_place(
    cls: type[Plugin], written: dict[str, Any], path: tuple[Any, ...], where: str
) -> None:
    (fault,) = check_written(cls, {"id": "a", "type": "t", **written})
    assert (fault.path, fault.severity) == (path, Severity.ERROR)
    assert f"{dotted(path)} is read as it is written, and `{{{{" in fault.message and where in fault.hint


@pytest.mark.parametrize(("cls", "written"), [
    (Webhook, {"key": "{{ secret('KEY') }}", "responseCode": "{{ outputs.code }}", "description": "{{ any }}"}),
    (BatchWebhook, {"key": "a", "eventsCount": 2, "eventFilter": "{{ trigger.body.a }}", "labels": {"a": "{{ 1 }}"}}),
    (Flow, {"preconditions": {"where": [{"id": "x", "filters": [
        {"field": "EXPRESSION", "type": "EQUAL_TO", "value": "{{ labels.a }}"}]}]}}),
    (http.Trigger, {"uri": "{{ vars.uri }}", "interval": "{{ vars.often }}", "when": "{{ trigger.code == 200 }}"}),
])  # fmt: skip
def test_expressions_are_accepted_where_they_are_read(cls: type[Plugin], written: dict[str, Any]) -> None:
    assert said(cls, **written) == []


def test_the_reference_says_which_properties_take_no_expressions() -> None:
    found = {one.name: (one.dynamic, one.late) for one in fields_of(Schedule)}
    assert found["cron"] == found["timezone"] == (False, False) and found["inputs"] == found["when"] == (True, True)
    assert next(one for one in fields_of(Webhook) if one.name == "key").dynamic


def test_set_dates_are_accepted() -> None:
    dates = ["2199-01-15", "2199-01-15T09:00:00+01:00[Europe/Paris]", "{{ vars.day }}"]
    assert said(ScheduleOnDates, dates=dates) == []


def test_each_wrong_set_date_is_refused_at_its_place() -> None:
    how = "is not a date; write it like 2027-01-15T09:00:00 or 2027-01-15T09:00:00+01:00"
    dates = ["soon", "2199-01-15", "{{ vars.day }}", "2199-13-01"]
    faults = check_written(ScheduleOnDates, {"id": "a", "type": "t", "dates": dates})
    assert [(fault.path, fault.message) for fault in faults] == [
        (("dates", 0), f"dates[0]: `soon` {how}"),
        (("dates", 3), f"dates[3]: `2199-13-01` {how}"),
    ]
    assert said(ScheduleOnDates, dates=["2199-01-15"], timezone="Mars/Olympus") != []
    assert said(ScheduleOnDates, dates=[]) != []


def test_set_dates_that_are_over_are_told() -> None:
    past = {"id": "a", "type": "t", "dates": ["2199-01-15", "2020-01-15"]}
    (fault,) = check_written(ScheduleOnDates, past)
    assert (fault.path, fault.severity) == (("dates", 1), Severity.WARNING)
    assert fault.message == "dates[1] lies in the past, and will start nothing"
    (both,) = said(ScheduleOnDates, dates=["2020-01-15", "2021-01-15T10:00:00+02:00"])
    assert both == "2 of the dates lie in the past, and will start nothing"


ENTRY = {"namespace": "shop", "flowId": "orders"}


@pytest.mark.parametrize("written", [
    {"dependsOn": [ENTRY, {**ENTRY, "when": "{{ outputs.rows > 0 }}", "labels": {"a": 1}, "states": ["RUNNING"]}]},
    {"dependsOn": [ENTRY, ENTRY], "mode": "AT_LEAST", "minSatisfied": 2, "window": {"lookback": "PT1H"}},
    {"dependsOn": [ENTRY], "window": {"deadline": "09:00:00+01:00"}, "onMiss": {"labels": {"a": "b"}}},
    {"dependsOn": [ENTRY], "window": {"from": "09:00", "to": "17:00:00", "timezone": "Europe/Paris", "fireOnce": True}},
    {"dependsOn": [ENTRY], "window": {"every": "P7D", "offset": "PT6H"}},
    {"preconditions": {"flows": [ENTRY], "timeWindow": {"type": "DAILY_TIME_DEADLINE", "deadline": "09:00:00"}}},
    {"preconditions": {"where": [{"id": "x", "filters": [{"field": "STATE", "type": "IN", "values": ["A"]}]}]}},
])  # fmt: skip
def test_a_flow_trigger_may_wait_for_several(written: dict[str, Any]) -> None:
    assert said(Flow, **written) == []


@pytest.mark.parametrize(("written", "message"), [
    ({"dependsOn": []}, "dependsOn: dependsOn needs at least one entry"),
    ({"dependsOn": [ENTRY], "mode": "AT_LEAST"}, "minSatisfied: AT_LEAST needs minSatisfied: how many"),
    ({"dependsOn": [ENTRY], "minSatisfied": 2}, "minSatisfied: minSatisfied is more than the 1 of dependsOn"),
    ({"window": {"every": "P1D"}}, "window: window goes with dependsOn, which is not there"),
    ({"dependsOn": [ENTRY], "window": {"every": "P1D", "lookback": "P1D"}},
     "window: a window is of one kind, not of both lookback and every and offset"),
    ({"dependsOn": [ENTRY], "window": {"from": "09:00"}}, "window.to: a window with from needs to, and the other way"),
    ({"dependsOn": [ENTRY], "window": {"deadline": "25:00"}},
     "window.deadline: `25:00` is no time of the day; write it like 09:00:00 or 09:00:00+01:00"),
    ({"preconditions": {"id": "x"}}, "preconditions.flows: preconditions need flows or where: what to wait for"),
    ({"preconditions": {"flows": [ENTRY], "timeWindow": {"type": "DAILY_TIME_WINDOW", "startTime": "09:00"}}},
     "preconditions.timeWindow.endTime: DAILY_TIME_WINDOW needs endTime"),
    ({"preconditions": {"where": [{"id": "x", "filters": [{"field": "STATE", "type": "IN"}]}]}},
     "preconditions.where[0].filters[0].values: IN needs values, a list"),
])  # fmt: skip
def test_a_wrong_wait_is_refused_at_its_place(written: dict[str, Any], message: str) -> None:
    assert said(Flow, **written) == [message]


def test_what_a_flow_trigger_waits_for_in_vain_is_told() -> None:
    found = check(
        """
id: report
namespace: shop
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    states: [RUNNING, SUCCESS]
    conditions:
      - type: io.kestra.plugin.core.condition.ExecutionFlow
        namespace: shop
        flowId: report
""",
        catalogue(),
    )
    assert not found.errors
    assert [(problem.line, problem.message.partition(":")[0]) for problem in found.problems] == [
        (9, "nothing starts when another flow gets to RUNNING"),
        (11, "a flow trigger never looks at its own flow, so this starts nothing"),
    ]


@pytest.mark.parametrize(("key", "warned"), [
    ("k3y", True), ("4wjtkzwVGBM9yKnjm3yv8r", False), ("0123456789abcdef0123456789abcdef", False),
    ("0123456789abcdef01", True), ("{{ secret('K') }}", False), ("12345678901234567890", True),
])  # fmt: skip
def test_a_key_that_can_be_guessed_is_warned_of(key: str, warned: bool) -> None:
    found = check(
        f"""
id: shop
namespace: team
tasks:
  - {{id: say, type: io.kestra.plugin.core.log.Log, message: hi}}
triggers:
  - id: call
    type: io.kestra.plugin.core.trigger.Webhook
    key: "{key}"
""",
        catalogue(),
    )
    assert [problem.line for problem in found.problems] == [9] * warned


def test_a_new_webhook_is_given_a_key_of_its_own() -> None:
    first, second = (Webhook.made_anew()["key"] for _ in range(2))
    assert first != second and len(first) >= 22 and said(Webhook, key=first) == []
