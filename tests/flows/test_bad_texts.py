"""Texts as people get them wrong, each with the line and the words of the answer, and never an exception."""

import time

import pytest

from builder.errors import Severity
from builder.flows.check import check
from builder.tasks.catalogue import catalogue

CORE = "io.kestra.plugin.core"
LOG = f"type: {CORE}.log.Log, message: hi"
TASKS = f"tasks:\n  - {{id: log, {LOG}}}\n"
HEAD = "id: a\nnamespace: lab\n"
GOOD = HEAD + TASKS
SECOND = f"  - {{id: log, {LOG}}}\n"


def task(rest: str) -> str:
    return HEAD + "tasks:\n  - {id: a, type: " + CORE + "." + rest + "}\n"


def trigger(rest: str) -> str:
    return GOOD + "triggers:\n  - {id: t, type: " + CORE + ".trigger." + rest + "}\n"


def given(rest: str) -> str:
    return GOOD + "inputs:\n  - {" + rest + "}\n"


def said(rest: str) -> str:
    return GOOD.replace("hi", f"'{rest}'")


ERRORS = [
    # what is no YAML, or no flow
    (HEAD + 'description: "open\n' + TASKS, 3, "the quote that opens here is never closed"),
    (GOOD + "variables: {a: [1, 2}\n", 5, "is not closed"),
    (HEAD + "tasks:\n\t- id: a\n", 4, "a tab is used for indentation"),
    ("id: a\r\nnamespace: lab\r\ntasks:\r\n\t- id: a\r\n", 4, "a tab is used for indentation"),
    (HEAD + "tasks:\n  - id: a\n   type: x\n", 5, "a list item was expected here"),
    (HEAD + "description\n" + TASKS, 4, "no colon after its key"),
    (GOOD + "description: a: b\n", 5, "a colon is not allowed here"),
    (GOOD + "description: @x\n", 5, "this character cannot begin a value"),
    (GOOD + "id: b\n", 5, "Duplicate field 'id'"),
    (GOOD + "---\n" + GOOD, 5, "a second flow begins here"),
    (GOOD + "variables: {<<: abc, x: 1}\n", 5, "the merge key << takes a map"),
    (GOOD + "variables: {x: !ruby/object:Gem {}}\n", 5, "not allowed; nothing was run"),
    (GOOD + f"variables: {{x: {'9' * 400}}}\n", 5, "a whole number may have 300 digits"),
    ("%YAML 9.9\n---\n" + GOOD, 1, "names a version that cannot be read"),
    ("<html><body>no flow</body></html>\n", 1, "a flow is a mapping"),
    ('{"id": "a", "namespace": "lab", "tasks": [{"id": "x"}]}\n', 1, 'task "x" has no type'),
    (GOOD.replace("hi", "{{ inputs.a }}"), 4, "begins with {{ must be in quotes"),
    # the head of a flow
    ("id:\nnamespace: lab\n" + TASKS, 1, "id is missing"),
    ("id: a\nnamespace:\n" + TASKS, 2, "namespace is missing"),
    (GOOD + "Inputs: []\n", 5, 'no property "Inputs"'),
    (GOOD + "labels: {a: {b: c}}\n", 5, 'the label "a" needs a text'),
    (GOOD + "concurrency: 5\n", 5, "concurrency is a map"),
    (GOOD + "concurrency: {limit: 1, behavior: WAIT}\n", 5, "must be one of QUEUE, CANCEL, FAIL"),
    (GOOD + "concurrency: {limit: many}\n", 5, "must be a whole number"),
    (GOOD + "sla:\n  - {id: s, type: SOON, behavior: FAIL}\n", 6, "sla[0].type must be one of MAX_DURATION"),
    (GOOD + "errors: {id: a}\n", 5, "errors is a list of tasks"),
    (GOOD + "pluginDefaults: {type: x}\n", 5, "pluginDefaults is a list"),
    (GOOD + "variables: [a]\n", 5, "variables must be a map, not a list"),
    # tasks
    (HEAD + "tasks: {id: a}\n", 3, "tasks is a list of tasks, not a map"),
    (HEAD + "tasks: [hello]\n", 3, "not a text"),
    (HEAD + "tasks:\n  -\n", 4, "not empty"),
    (HEAD + "tasks:\n  - {id: a, type: [x]}\n", 4, "type must be a text, not a list"),
    (task("trigger.Schedule, cron: '* * * * *'"), 4, "is a trigger, not a task"),
    (task("log.log, message: x"), 4, 'no task type "io.kestra.plugin.core.log.log"'),
    (GOOD + SECOND, 5, "Duplicate task id with name [log]"),
    (task("log.Log, message: x, timeout: soon"), 4, '"soon" is not a duration'),
    (task("log.Log, message: x, retry: {type: often, interval: PT1S}"), 4, "constant, exponential, random"),
    (task("log.Log, message: x, retry: {type: constant}"), 4, "needs interval"),
    (task("flow.Switch, value: x"), 4, "neither cases or default"),
    (task("flow.If, condition: 'true'"), 4, "If needs then"),
    (task(f"flow.ForEach, tasks: [{{id: b, {LOG}}}]"), 4, "ForEach needs values"),
    (task("flow.Parallel, tasks: []"), 4, "may not be empty"),
    (task(f"flow.Parallel, concurrent: -1, tasks: [{{id: b, {LOG}}}]"), 4, "concurrent must be at least 0"),
    (task(f"flow.Dag, tasks: [{{task: {{id: b, {LOG}}}, dependsOn: [nope]}}]"), 4, "Not existing task id"),
    (task(f"flow.Dag, tasks: [{{task: {{id: b, {LOG}}}, dependsOn: [b]}}]"), 4, "Cyclic dependency"),
    (task("flow.Subflow, namespace: lab"), 4, "Subflow needs flowId"),
    (task("http.Request, uri: 'file:///etc/passwd'"), 4, "begins with http:// or https://"),
    (task("http.Request, uri: 'http://x', method: FETCH"), 4, "method must be one of"),
    # inputs and outputs
    (given("type: STRING"), 6, "an input has no id"),
    (given("id: x"), 6, "has no type"),
    (given("id: 'a b', type: INT"), 6, "the id of an input may hold"),
    (given("id: x, type: SELECT"), 6, "needs values"),
    (given("id: x, type: ARRAY"), 6, "has no itemType"),
    (given("id: x, type: INT, min: 5, max: 1"), 6, "max is below min"),
    (given("id: x, type: INT, dependsOn: {inputs: [x]}"), 6, "x -> x"),
    (given("id: x, type: INT, dependsOn: {inputs: [y]}"), 6, 'depends on "y", which does not exist'),
    (GOOD + "inputs: {x: {type: INT}}\n", 5, "inputs are a list"),
    (GOOD + "outputs:\n  - {id: o, type: TEXT, value: a}\n", 6, 'no output type "TEXT"'),
    # expressions
    (said("{{ nope(1) }}"), 4, 'There is no function "nope"'),
    (said("{% if a %}"), 4, "The tag `if` is never closed"),
    (said("{{ 1 + }}"), 4, "A value is missing"),
    # triggers
    (trigger("Schedule, cron: '* * * * * *'"), 6, "has 6 fields and needs 5"),
    (trigger("Schedule, cron: ''"), 6, "invalid cron expression ''"),
    (trigger("Schedule"), 6, "Schedule needs cron"),
    (trigger("Schedule, cron: '0 9 * * *', timezone: Europe/Atlantis"), 6, "no time zone 'Europe/Atlantis'"),
    (trigger("Webhook"), 6, "Webhook needs key"),
    (trigger("Flow, states: [DONE]"), 6, "must be one of CREATED"),
    (trigger("Nope"), 6, "no trigger type"),
]

WARNINGS = [
    (given("id: x, type: INT, defaults: abc"), 6, "the default does not fit its own input"),
    (given("id: x, type: INT, min: 5, defaults: 1"), 6, "it must be more than `5`"),
    (given("id: x, type: SELECT, values: [a], defaults: c"), 6, "it must match the values `[a]`"),
    (trigger("Webhook, key: a"), 6, "short enough to be guessed"),
    (said("{{ vars.nope }}"), 4, "vars.nope is not defined"),
]


@pytest.mark.parametrize(
    ("severity", "text", "line", "words"),
    [*((Severity.ERROR, *row) for row in ERRORS), *((Severity.WARNING, *row) for row in WARNINGS)],
    ids=[words for _, _, words in (*ERRORS, *WARNINGS)],
)
def test_what_is_wrong_is_said_at_its_line(severity: Severity, text: str, line: int, words: str) -> None:
    known = catalogue()
    began = time.process_time()
    found = check(text, known).problems
    assert time.process_time() - began < 2
    assert any(words in one.message and (one.line, one.severity) == (line, severity) for one in found), found
    assert all(one.message and one.severity is Severity.WARNING for one in found) is (severity is Severity.WARNING)


@pytest.mark.parametrize(
    "text",
    [GOOD + f"variables: {{{value}}}\n" for value in ("x: .nan", "x: 0o17", "2020-01-01: x", "[a, b]: x", "~: 1")],
)
def test_what_yaml_allows_is_allowed(text: str) -> None:
    assert not check(text, catalogue()).problems
