"""What a flow demands of its executions: SLAs and checks, as they are written."""

from datetime import timedelta

import pytest

from builder.flows.check import check
from builder.flows.model import Check, Quota, Sla
from builder.tasks.catalogue import catalogue
from tests.doubles.catalogue import FakeCatalogue

GOOD = "id: a\nnamespace: lab\ntasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"


def errors(text: str) -> list[str]:
    return [problem.message for problem in check(GOOD + text, FakeCatalogue()).errors]


def test_slas_become_values_and_two_of_one_id_stay_apart() -> None:
    flow = check(
        GOOD
        + "sla:\n"
        + "  - {id: soon, type: MAX_DURATION, behavior: FAIL, duration: PT5M, labels: {late: yes}}\n"
        + "  - {id: soon, type: EXECUTION_ASSERTION, behavior: NONE, assert: '{{ inputs.ok }}'}\n",
        FakeCatalogue(),
    ).valid_flow
    assert flow.sla == (
        Sla("soon", "FAIL", timedelta(minutes=5), labels=(("late", "yes"),)),
        Sla("soon (2)", "NONE", assertion="{{ inputs.ok }}"),
    )


def test_checks_have_two_spellings_and_defaults() -> None:
    flow = check(
        GOOD
        + "checks:\n"
        + "  - {when: '{{ inputs.n > 1 }}', message: too few, style: ERROR, behavior: FAIL_EXECUTION}\n"
        + "  - {condition: '{{ inputs.n }}', message: none}\n",
        FakeCatalogue(),
    ).valid_flow
    assert flow.checks == (
        Check("{{ inputs.n > 1 }}", "too few", "ERROR", "FAIL_EXECUTION"),
        Check("{{ inputs.n }}", "none", "INFO", "BLOCK_EXECUTION"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sla: 3", "an SLA is a map"),
        ("sla: [{type: MAX_DURATION, behavior: FAIL, duration: PT1S}]", "an SLA needs an id"),
        ("sla: [{id: a, type: MAX_DURATION, behavior: FAIL}]", "needs duration"),
        ("sla: [{id: a, type: MAX_DURATION, behavior: FAIL, duration: soon}]", "not a duration"),
        ("sla: [{id: a, type: MAX_DURATION, duration: PT1S}]", "must be one of FAIL, CANCEL, NONE"),
        ("sla: [{id: a, type: EXECUTION_ASSERTION, behavior: FAIL}]", "needs assert"),
        ("sla: [{id: a, type: EXECUTION_ASSERTION, behavior: FAIL, assert: [1]}]", "must be an expression"),
        ("sla: [{id: a, type: WHENEVER, behavior: FAIL}]", "must be one of MAX_DURATION"),
        ("sla: [{id: a, type: MAX_DURATION, behavior: FAIL, duration: PT1S, labels: 3}]", "labels are a map"),
        ("checks: [3]", "a check is a map"),
        ("checks: [{message: x}]", "a check needs when"),
        ("checks: [{when: 'true'}]", "a check needs a message"),
        ("checks: [{when: {a: 1}, message: x}]", "must be an expression"),
        ("checks: [{when: 'true', message: x, behavior: STOP}]", "must be one of BLOCK_EXECUTION"),
        ("checks: [{when: 'true', message: x, style: LOUD}]", "must be one of ERROR"),
        ("checks: [{when: 'true', mesage: x}]", 'a check has no property "mesage"'),
    ],
)
def test_a_wrong_demand_is_an_error(text: str, message: str) -> None:
    assert any(message in error for error in errors(text)), errors(text)


def test_listeners_hold_tasks_and_conditions_each_checked_at_its_place() -> None:
    text = GOOD + (
        "listeners:\n"
        "  - conditions: [{type: io.kestra.plugin.core.condition.ExecutionStatus, in: [FAILED]}]\n"
        "    tasks: [{id: sorry, type: io.kestra.plugin.core.log.Log, message: x}]\n"
    )
    flow = check(text, catalogue()).valid_flow
    assert [task["id"] for task in flow.listeners[0].tasks] == ["sorry"] and len(flow.listeners[0].conditions) == 1
    same = check(text.replace("sorry", "log"), catalogue())
    assert "two tasks are named" in same.errors[0].message
    wrong = check(text.replace("[FAILED]", "[BROKEN]"), catalogue()).errors
    assert [problem.path[:3] for problem in wrong] == [("listeners", 0, "conditions")]
    assert "not empty" in errors("listeners: [{tasks: []}]")[0]
    assert "a listener is a map" in errors("listeners: [3]")[0]


def test_quotas_become_values() -> None:
    written = (
        "quotas:\n  - {duration: P1D, limit: 100, behavior: FAIL}\n  - {duration: pt1h, limit: 5, behavior: CANCEL}\n"
    )
    flow = check(GOOD + written, FakeCatalogue()).valid_flow
    assert flow.quotas == (Quota(timedelta(days=1), 100, "FAIL"), Quota(timedelta(hours=1), 5, "CANCEL"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{limit: 1, behavior: FAIL}", "needs a duration"),
        ("{duration: PT30S, limit: 1, behavior: FAIL}", "at least PT1M"),
        ("{duration: soon, limit: 1, behavior: FAIL}", "is not a duration"),
        ("{duration: P1D, behavior: FAIL}", "needs limit"),
        ("{duration: P1D, limit: 0, behavior: FAIL}", "at least 1"),
        ("{duration: P1D, limit: 1, behavior: QUEUE}", "behavior"),
        ("{duration: P1D, limit: 1}", "behavior"),
        ("{duration: P1D, limit: 1, behavior: FAIL, key: a}", "key"),
        ("[{duration: P1D, limit: 1, behavior: FAIL}, {duration: PT24H, limit: 2, behavior: FAIL}]", "two quotas"),
        ("often", "a map"),
    ],
)
def test_what_is_wrong_with_a_quota_is_said(written: str, said: str) -> None:
    assert any(said in message for message in errors(f"quotas: {written}\n")), errors(f"quotas: {written}\n")
