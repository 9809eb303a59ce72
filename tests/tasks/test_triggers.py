"""What the built-in triggers accept."""

from typing import Any

import pytest

from builder.flows.check import check
from builder.tasks.catalogue import catalogue
from builder.tasks.check import check_written
from builder.tasks.core.trigger.flow import Flow
from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.core.trigger.schedule_on_dates import ScheduleOnDates
from builder.tasks.core.trigger.webhook import Webhook
from builder.tasks.plugin import Plugin


def said(cls: type[Plugin], **written: Any) -> list[str]:
    return [fault.message for fault in check_written(cls, {"id": "a", "type": "t", **written})]


@pytest.mark.parametrize(
    "written",
    [
        {"cron": "0 9 * * 1-5", "timezone": "Europe/Paris", "inputs": {"x": 1}},
        {"cron": "@daily", "recoverMissedSchedules": "LAST", "lateMaximumDelay": "PT10M"},
        {"cron": "*/5 * * * * *", "withSeconds": True},
        {"cron": "{{ vars.cron }}"},
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


def test_set_dates_are_accepted() -> None:
    dates = ["2027-01-15", "2027-01-15T09:00:00+01:00[Europe/Paris]", "{{ vars.day }}"]
    assert said(ScheduleOnDates, dates=dates) == []


def test_wrong_set_dates_are_refused() -> None:
    assert said(ScheduleOnDates, dates=["soon"]) == [
        "dates: `soon` is not a date; write it like 2027-01-15T09:00:00 or 2027-01-15T09:00:00+01:00"
    ]
    assert said(ScheduleOnDates, dates=["2027-01-15"], timezone="Mars/Olympus") != []
    assert said(ScheduleOnDates, dates=[]) != []


@pytest.mark.parametrize("several", ["preconditions", "dependsOn", "window"])
def test_waiting_for_several_flows_is_refused_with_what_to_do(several: str) -> None:
    (message,) = said(Flow, **{several: {"id": "x"}})
    assert message.startswith(f"{several}: waiting for several flows is not possible here") and "Subflow" in message


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
