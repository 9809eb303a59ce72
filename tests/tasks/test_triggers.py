"""What the built-in triggers accept."""

from typing import Any

import pytest

from builder.tasks.check import check_written
from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.core.trigger.webhook import Webhook
from builder.tasks.plugin import Plugin


def said(cls: type[Plugin], **written: Any) -> list[str]:
    return [fault.message for fault in check_written(cls, {"id": "a", "type": "t", **written})]


@pytest.mark.parametrize("written", [
    {"cron": "0 9 * * 1-5", "timezone": "Europe/Paris", "inputs": {"x": 1}},
    {"cron": "@daily", "recoverMissedSchedules": "LAST", "lateMaximumDelay": "PT10M"},
    {"cron": "*/5 * * * * *", "withSeconds": True},
    {"cron": "{{ vars.cron }}"},
    {"cron": "0 9 * * *", "conditions": [{"type": "x"}], "labels": {"a": "b"}, "stopAfter": ["FAILED"]},
    {"cron": "0 9 * * *", "scheduleConditions": [], "minLogLevel": "WARN", "when": "{{ true }}"},
])
def test_a_schedule_is_accepted(written: dict[str, Any]) -> None:
    assert said(Schedule, **written) == []


@pytest.mark.parametrize(("written", "path"), [
    ({"cron": "61 * * * *"}, ("cron",)),
    ({"cron": "* * * * * *"}, ("cron",)),
    ({"cron": "0 9 * * *", "timezone": "Mars/Olympus"}, ("timezone",)),
    ({"cron": "0 9 * * *", "stopAfter": ["DONE"]}, ("stopAfter", 0)),
    ({}, ("cron",)),
])
def test_a_wrong_schedule_is_refused_at_its_place(written: dict[str, Any], path: tuple[Any, ...]) -> None:
    (fault,) = check_written(Schedule, {"id": "a", "type": "t", **written})
    assert fault.path == path


@pytest.mark.parametrize("key", ["abc-DEF_1", "{{ secret('HOOK') }}", "x" * 256])
def test_a_webhook_key_is_accepted(key: str) -> None:
    assert said(Webhook, key=key) == []


def test_a_webhook_key_cannot_leave_its_place_in_the_address() -> None:
    assert said(Webhook, key="../executions") == ["key: the key may hold letters, digits, dash and underscore"]
    assert said(Webhook, key="x" * 257) == ["key must have at most 256 characters"]
