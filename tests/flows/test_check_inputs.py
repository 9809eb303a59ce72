"""Declarations of inputs and outputs: what is refused, what is only warned of."""

import pytest

from builder.errors import Severity
from builder.flows.check import Checked, check
from tests.doubles.catalogue import FakeCatalogue

GOOD = "id: a\nnamespace: lab\ntasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"


def checked(text: str) -> Checked:
    return check(GOOD + text, FakeCatalogue())


FORM = "inputs:\n  - id: f\n    type: FORM\n    inputs:\n      - {id: x, type: STRING}\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("inputs:\n  - {id: f, type: FORM}\n", 6, "needs inputs"),
        (FORM + "      - {id: x, type: INT}\n", 10, 'two inputs are named "f.x"'),
        (FORM + "      - id: g\n        type: FORM\n        inputs: []\n", 11, "cannot stand in a FORM"),
        (FORM + "    defaults: 1\n", 10, 'an input of type FORM has no property "defaults"'),
        (FORM + "      - {id: y, type: STRNG}\n", 10, "Invalid type: STRNG"),
        (FORM + "      - {id: y, type: INT, dependsOn: {inputs: [x]}}\n", 10, 'depends on "x", which does not exist'),
        ("inputs:\n  - {id: o, type: OBJECT}\n", 6, "an OBJECT needs properties"),
        ("inputs:\n  - {id: o, type: OBJECT, properties: [{id: a, type: FILE}]}\n", 6, 'cannot hold the type "FILE"'),
        (
            "inputs:\n  - {id: o, type: OBJECT, properties: [{id: a, type: INT, defaults: 1}]}\n",
            6,
            'has no property "defaults"',
        ),
        ("inputs:\n  - {id: t, type: TABLE, columns: []}\n", 6, "a TABLE needs columns"),
        (
            "inputs:\n  - {id: t, type: TABLE, columns: [{id: a, type: INT}], rows: {min: 3, max: 1}}\n",
            6,
            "max is below min",
        ),
        ("inputs:\n  - {id: j, type: JSON, jsonSchema: {type: strng}}\n", 6, "jsonSchema is not a valid JSON Schema"),
        ("inputs:\n  - {id: n, type: INT, required: maybe}\n", 6, "required must be true or false"),
        ("inputs:\n  - {id: n, type: INT, dependsOn: {condition: 3}}\n", 6, "condition must be an expression"),
        ("inputs:\n  - {id: n, type: FILE, defaults: report.csv}\n", 6, "the address of a file"),
        ("outputs:\n  - {id: o, type: STRING, value: x, required: 3}\n", 6, "required must be true or false"),
        ("outputs:\n  - {id: o, type: FORM, value: x}\n", 6, "Invalid type: FORM"),
        (
            "outputs:\n  - {id: o, type: INT, value: x}\n  - {id: o, type: INT, value: x}\n",
            7,
            "Duplicate output with name [o]",
        ),
    ],
)
def test_a_wrong_declaration_is_an_error_at_its_line(text: str, line: int, message: str) -> None:
    found = [problem for problem in checked(text).problems if message in problem.message]
    assert [(problem.line, problem.severity) for problem in found] == [(line, Severity.ERROR)], checked(text).problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{id: n, type: INT, defaults: 1, required: false}", "Inputs with a default value must be required"),
        ("{id: n, type: INT, defaults: 1, prefill: 2}", "Inputs with a default value cannot also have a prefill"),
        ("{id: n, type: INT, prefill: 2}", "a prefill is for an input that may be emptied"),
    ],
)
def test_defaults_that_later_releases_refuse_are_warned_of(text: str, message: str) -> None:
    result = checked(f"inputs:\n  - {text}\n")
    assert result.flow is not None
    assert [message in problem.message for problem in result.problems] == [True]


@pytest.mark.parametrize(
    "text",
    [
        FORM,
        "inputs:\n  - {id: t, type: TABLE, columns: [{id: a, type: SELECT, values: [x]}], rows: {max: 3}}\n",
        "inputs:\n  - {id: f, type: FILE, defaults: 'nsfile:///a/b.csv', allowedFileExtensions: [.csv]}\n",
        'inputs:\n  - {id: j, type: JSON, jsonSchema: \'{"type": "object"}\'}\n',
        "inputs:\n  - {id: m, type: MULTISELECT, options: [a], isRadio: true, autoSelectFirst: true}\n",
        "outputs:\n  - {id: o, type: ARRAY, itemType: INT, value: x, required: false}\n",
    ],
)
def test_every_type_is_accepted_as_the_reference_writes_it(text: str) -> None:
    assert checked(text).problems == ()


@pytest.mark.parametrize("name", ["pause", "executions", "kill"])
def test_a_flow_that_is_named_as_an_address_is_is_warned_of(name: str) -> None:
    result = check(GOOD.replace("id: a", f"id: {name}", 1), FakeCatalogue())
    assert [(problem.line, problem.severity) for problem in result.problems] == [(1, Severity.WARNING)]
    assert result.flow is not None


@pytest.mark.parametrize(
    ("retry", "message"),
    [
        ("{type: constant, interval: PT10S, maxDuration: PT5S}", "interval must be shorter than maxDuration"),
        ("{type: exponential, interval: PT2M, maxInterval: PT1M}", "interval must be shorter than maxInterval"),
        ("{type: random, minInterval: PT2M, maxInterval: PT1M}", "minInterval must be shorter than maxInterval"),
    ],
)
def test_the_waits_of_a_flows_retry_fit_each_other(retry: str, message: str) -> None:
    assert [problem.message for problem in checked(f"retry: {retry}\n").problems] == [message]


def test_a_trigger_may_give_the_child_of_a_form_nested_or_by_its_dotted_name() -> None:
    trigger = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Schedule, cron: '@daily', inputs: %s}\n"
    for given in ("{f: {x: a}}", "{f.x: a}"):
        assert checked(FORM + trigger % given).problems == ()
    (problem,) = checked(FORM + trigger % "{}").problems
    assert "Missing inputs for Schedule Trigger 't', missing inputs: 'f.x'" in problem.message
