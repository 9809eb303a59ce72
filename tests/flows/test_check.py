"""Checking a flow: what is refused, what is only warned of, and where each problem stands."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml

from builder.errors import InvalidFlow, Problem, Severity
from builder.flows.check import Checked, check
from builder.tasks.catalogue import catalogue
from tests.doubles.catalogue import FakeCatalogue

LOG = "  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"
GOOD = "id: a\nnamespace: lab\ntasks:\n" + LOG


FLOW = "io.kestra.plugin.core.trigger.Flow"


class FakeWorld:
    def __init__(
        self,
        flows: Sequence[tuple[str, str]] = (),
        defaults: Sequence[Mapping[str, Any]] = (),
        triggers: str = "{}",
        maps: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    ) -> None:
        self.flows, self.defaults, self.triggers, self.maps = flows, defaults, yaml.safe_load(triggers), maps or {}

    def flow_map(self, namespace: str, id: str) -> Mapping[str, Any] | None:
        return self.maps.get((namespace, id))

    def flow_triggers(self) -> Sequence[tuple[tuple[str, str], Mapping[str, Any]]]:
        return [(("lab", name), {"id": "t", "type": FLOW, **one}) for name, one in self.triggers.items()]

    def flow_exists(self, namespace: str, id: str) -> bool:
        return (namespace, id) in self.flows

    def plugin_defaults(self) -> Sequence[Mapping[str, Any]]:
        return self.defaults


def checked(text: str, world: FakeWorld | None = None) -> Checked:
    return check(text, FakeCatalogue(), world=world)


def only(text: str, world: FakeWorld | None = None) -> Problem:
    problems = checked(text, world).problems
    assert len(problems) == 1, problems
    return problems[0]


def test_a_right_flow_becomes_values():
    text = GOOD + (
        "description: d\nlabels: {team: ml, on: true}\nvariables: {x: 1}\nconcurrency: {limit: 2}\n"
        "inputs:\n  - {name: old, type: ENUM, values: [A]}\n  - {id: n, type: INT, required: false, min: 3}\n"
        "outputs:\n  - {id: o, type: STRING, value: '{{ 1 }}'}\n"
        "retry: {type: constant, interval: PT1S, maxAttempt: 3}\n"
        "finally:\n  - {id: f, type: io.kestra.plugin.core.debug.Return}\n"
    )
    flow = checked(text).valid_flow
    assert (flow.id, flow.namespace, flow.description) == ("a", "lab", "d")
    assert flow.labels == (("team", "ml"), ("on", "true"))
    assert [(each.id, each.type, each.required) for each in flow.inputs] == [
        ("old", "SELECT", True),
        ("n", "INT", False),
    ]
    assert flow.inputs[1].properties == {"min": 3}
    assert flow.retry == {"type": "constant", "interval": "PT1S", "maxAttempts": 3}
    assert flow.concurrency is not None and flow.concurrency.behavior == "QUEUE"
    assert flow.finally_[0]["id"] == "f" and flow.outputs[0].type == "STRING"


def test_all_problems_come_at_once_sorted_by_line():
    result = checked("id: my flow\nnamespace: Lab\ncolour: red\ntasks:\n  - type: nope\n    mesage: x\n")
    assert [problem.line for problem in result.problems] == sorted(problem.line for problem in result.problems)
    assert {problem.where for problem in result.problems} == {"id", "namespace", "colour", "tasks[0]", "tasks[0].type"}
    with pytest.raises(InvalidFlow, match="Invalid Flow: id: id may hold"):
        _ = result.valid_flow


@pytest.mark.parametrize(
    "text, line, message",
    [
        (GOOD.replace("id: a\n", "id: 12\n"), 1, "id must be a text, not a whole number"),
        (GOOD.replace("id: a\n", f"id: {'a' * 101}\n"), 1, "limit of 100 characters"),
        ("id: a\nnamespace: lab\ntasks: []\n", 3, "tasks is empty"),
        ("id: a\nnamespace: lab\n", 0, "tasks is missing"),
        (GOOD + "labels: [a]\n", 5, "a label is key and value"),
        (GOOD + "labels: {system.x: 1}\n", 5, "labels that begin with system. are reserved"),
        (GOOD + "concurrency:\n  limit: 0\n", 6, "concurrency.limit must be at least 1"),
        (GOOD + "concurrency: {limit: 1, queueLimit: 0}\n", 5, "concurrency.queueLimit must be at least 1"),
        (GOOD + "concurrency: {limit: 1, queueLimit: 1, behavior: FAIL}\n", 5, "queueLimit needs behavior: QUEUE"),
        (GOOD + "concurrency: {limit: 1, key: 5}\n", 5, "concurrency.key must be a text"),
        (GOOD + "concurrency: {limit: 1, key: '{{ inputs.a '}\n", 5, "is never closed"),
        (GOOD + "retry: {type: constant}\n", 5, "retry of type constant needs interval"),
        (GOOD + "disabled: maybe\n", 5, "disabled must be true or false"),
        (GOOD + "pluginDefaults:\n  - type: x\n", 6, "a plugin default needs values"),
        (GOOD + "inputs:\n  - {id: n, type: STRNG}\n", 6, 'no input type "STRNG"'),
        (GOOD + "inputs:\n  - {id: n, type: STRING, min: 1}\n", 6, 'an input of type STRING has no property "min"'),
        (GOOD + "inputs:\n  - {id: n, type: SELECT}\n", 6, "needs values"),
        (GOOD + "inputs:\n  - {id: n, type: ARRAY}\n", 6, "has no itemType"),
        (GOOD + "inputs:\n  - {id: n, type: STRING, validator: '(['}\n", 6, "not a valid regular expression"),
        (GOOD + "inputs:\n  - id: n\n    type: INT\n  - id: n\n    type: INT\n", 8, "Duplicate input with name [n]"),
        (
            GOOD + "inputs:\n  - {id: n, type: INT, dependsOn: {inputs: [m]}}\n",
            6,
            'depends on "m", which does not exist',
        ),
        (GOOD + "inputs:\n  - {id: n, type: INT, min: many}\n", 6, "min does not fit its type"),
        (GOOD + "inputs:\n  - {id: n, type: INT, min: 3, max: 2}\n", 6, "max is below min"),
        (GOOD + "inputs:\n  - {id: n, type: FILE, defaults: x}\n", 6, "the address of a file"),
        (GOOD + "outputs:\n  - {id: n, type: STRING}\n", 6, "needs a value"),
        (GOOD + "triggers:\n  - {type: io.kestra.plugin.core.trigger.Schedule, cron: x}\n", 6, "a trigger has no id"),
        (GOOD + "triggers:\n  - {id: t, type: io.kestra.plugin.core.log.Log}\n", 6, "is a task, not a trigger"),
        (GOOD + LOG.replace("hi", '"{{ x"'), 5, "Duplicate task id"),
    ],
)
def test_a_wrong_part_is_an_error_at_its_line(text: str, line: int, message: str):
    problems = [problem for problem in checked(text).problems if message in problem.message]
    assert [(problem.line, problem.severity) for problem in problems] == [(line, Severity.ERROR)]


def test_an_unknown_key_names_the_nearest_known_one():
    problem = only(GOOD + "inptus: []\n")
    assert (problem.line, problem.column, problem.hint) == (5, 1, "Did you mean inputs?")


def test_tasks_with_one_id_are_found_anywhere_in_the_tree():
    problem = only(
        "id: a\nnamespace: lab\ntasks:\n"
        + LOG
        + (
            "  - id: par\n    type: io.kestra.plugin.core.flow.Parallel\n    tasks:\n"
            "      - id: deep\n        type: io.kestra.plugin.core.flow.If\n        condition: x\n        else:\n"
            "          - id: log\n            type: io.kestra.core.tasks.log.Log\n            message: y\n"
        )
    )
    said = 'two tasks are named "log" (the second is inside "deep"): Duplicate task id with name [log]'
    assert (problem.line, problem.message) == (12, said)


def test_inputs_that_depend_on_each_other_are_refused():
    text = GOOD + (
        "inputs:\n  - {id: x, type: INT, dependsOn: {inputs: [y]}}\n  - {id: y, type: INT, dependsOn: {inputs: [x]}}\n"
    )
    message = only(text).message
    assert message in [f"inputs depend on each other in a cycle: {way}" for way in ("x -> y -> x", "y -> x -> y")]


def test_inputs_inside_a_task_are_checked_at_their_place():
    text = GOOD + "  - id: p\n    type: io.kestra.plugin.core.flow.Pause\n    onResume:\n      - {id: x, type: FOO}\n"
    problem = only(text)
    assert (problem.where, problem.line) == ("tasks[1].onResume[0].type", 8)


def test_a_flow_may_not_call_itself():
    problem = only(
        "id: a\nnamespace: lab\ntasks:\n  - id: s\n    type: io.kestra.plugin.core.flow.Subflow\n"
        "    namespace: lab\n    flowId: a\n"
    )
    assert problem.line == 7 and problem.message.startswith("Recursive call to flow [lab.a]")


def test_a_missing_subflow_is_a_warning_when_the_world_is_known():
    text = (
        "id: a\nnamespace: lab\ntasks:\n"
        "  - {id: s, type: io.kestra.plugin.core.flow.Subflow, namespace: lab, flowId: b}\n"
    )
    assert only(text, FakeWorld()).severity is Severity.WARNING
    assert not checked(text, FakeWorld([("lab", "b")])).problems
    assert checked(text, FakeWorld()).flow is not None


@pytest.mark.parametrize(
    "value, line, column",
    [
        ('"{{ flow.id | uper }}"', 6, 28),
        ("|\n      first\n      and {{ flow.id | uper }}", 8, 24),
    ],
)
def test_an_expression_is_checked_where_it_stands(value: str, line: int, column: int):
    text = (
        f"id: a\nnamespace: lab\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: {value}\n"
    )
    problem = only(text)
    assert (problem.line, "uper" in problem.message) == (line, True)
    at = text.splitlines()[line - 1]
    assert at[problem.column - 1 :].startswith(("uper", "|")) or column == problem.column


def test_a_description_is_no_template_and_a_variable_only_warns():
    assert only(GOOD + "description: '{{ x'\nvariables: {y: '{{ x'}\n").severity is Severity.WARNING


def test_an_api_key_in_the_open_is_a_warning_that_does_not_repeat_it():
    key = "sk-proj-" + "A" * 32
    problem = only(GOOD.replace("hi", key))
    assert problem.severity is Severity.WARNING and "looks like an API key" in problem.message
    assert key not in problem.message + problem.hint


def test_plugin_defaults_may_give_a_required_property():
    text = "id: a\nnamespace: lab\ntasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log}\n"
    own = "pluginDefaults:\n  - {type: io.kestra.core.tasks.log.Log, values: {message: own}}\n"
    everywhere = FakeWorld(defaults=[{"type": "io.kestra.plugin.core", "values": {"message": "all", "level": "WARN"}}])
    assert only(text).message == "Log needs message"
    assert checked(text + own, everywhere).valid_flow.tasks[0] == {
        "id": "log",
        "type": "io.kestra.plugin.core.log.Log",
        "message": "own",
        "level": "WARN",
    }


def test_a_schedule_must_not_give_unknown_inputs_and_should_give_the_required_ones():
    text = GOOD + (
        "inputs:\n  - {id: city, type: STRING}\ntriggers:\n  - id: t\n"
        "    type: io.kestra.plugin.core.trigger.Schedule\n    cron: 0 9 * * *\n    inputs: {ctiy: Rome}\n"
    )
    warning, error = checked(text).problems
    assert (warning.severity, warning.line) == (Severity.WARNING, 8)
    assert (error.line, error.hint) == (11, "Did you mean city?")


def test_conditions_are_checked_like_tasks():
    text = GOOD + (
        "triggers:\n  - id: t\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: x\n"
        "    conditions:\n      - type: io.kestra.plugin.core.condition.Expresion\n"
    )
    assert only(text).hint == "Did you mean io.kestra.plugin.core.condition.Expression?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# c\n",
        "just text",
        "- a\n",
        "12",
        "id: [",
        "tasks: {a: 1}",
        "tasks: [1, [], null]",
        GOOD + "inputs: [{id: a, type: INT, dependsOn: {inputs: [{}, []]}}]\n",
        "inputs: [1]\noutputs: x\ntriggers: [2]\nlabels: 3\nid: {}\nnamespace: [1]\n",
    ],
)
def test_whatever_is_written_is_answered_with_problems(text: str):
    result = checked(text)
    assert result.flow is None and result.errors


def test_a_default_that_does_not_fit_is_a_warning_where_it_stands():
    problem = only(GOOD + "inputs:\n  - id: n\n    type: INT\n    max: 3\n    defaults: 4\n")
    assert (problem.line, problem.severity) == (9, Severity.WARNING)
    assert "it must be less than `3`" in problem.message


@pytest.mark.parametrize(
    "text, hint",
    [
        ("{{ inputs.nmae }}", "Did you mean name?"),
        ("{{ vars.colour }}", ""),
        ("{{ outputs.lgo.value }}", "Did you mean log?"),
    ],
)
def test_a_name_that_the_flow_does_not_have_is_a_warning(text: str, hint: str):
    problem = only(GOOD.replace("hi", f'"{text}"') + "inputs: [{id: name, type: STRING}]\n")
    assert (problem.line, problem.severity) == (4, Severity.WARNING)
    assert "is not defined" in problem.message and problem.hint == hint


@pytest.mark.parametrize(
    "text", ["{{ inputs.nope ?? 1 }}", "{{ outputs.nope is defined }}", "{{ inputs[taskrun.value] }}"]
)
def test_a_name_with_a_fallback_or_computed_is_left_alone(text: str):
    assert not checked(GOOD.replace("hi", f'"{text}"')).problems


def many(line: str, count: int) -> str:
    """A line so many times, each with its number."""
    return "".join(line.replace("%", str(number)) for number in range(count))


TASKS = "id: a\nnamespace: lab\ntasks:\n"
SAYS = "  - {id: t%, type: io.kestra.plugin.core.debug.Return, format: "


def test_of_many_names_a_slip_of_one_letter_is_still_seen():
    variables = "variables:\n" + many("  colour%: 1\n", 500)
    for written, meant in (("color77", "colour77"), ("coluor7", "colour7"), ("colourr40", "colour40")):
        problem = only(GOOD.replace("hi", "'{{ vars." + written + " }}'") + variables)
        assert problem.hint == f"Did you mean {meant}?"
    assert only(GOOD.replace("hi", "'{{ vars.shade }}'") + variables).hint == ""


@pytest.mark.parametrize(
    "text",
    [
        GOOD + many("k%: 1\n", 20_000),
        TASKS + "- {id: a, type: io.kestra.plugin.core.log.Lgo}\n" * 10_000,
        TASKS + many("- {id: a%, type: io.kestra.plugin.core.log.Lgo%}\n", 10_000),
        GOOD + "inputs:\n" + many(" - {id: i%, type: INT, dependsOn: {inputs: [j%]}}\n", 2_000),
        TASKS + many(SAYS + "'{{ outputs.x%.value }}'}\n", 2_000),
        TASKS + many(SAYS + "'{{ vars.kex% }}'}\n", 500) + "variables:\n" + many("  key%: 1\n", 10_000),
        GOOD + "variables:\n  list: [" + "1," * 400_000 + "1]\n",
    ],
    ids=["keys", "types", "other types", "dependence", "outputs", "variables", "list"],
)
def test_a_very_wrong_flow_is_answered_in_time_with_a_bounded_list(text: str):
    began = time.process_time()  # the work it is, however busy the machine
    result = checked(text)
    assert time.process_time() - began < 2
    problems = result.problems
    assert 0 < len(problems) <= 200 and (result.flow is None or problems[0].severity is Severity.WARNING)


def test_an_input_cannot_be_a_value_and_a_map_at_once():
    problem = only(GOOD + "inputs:\n  - {id: a, type: INT}\n  - {id: a.b, type: INT}\n")
    assert (problem.line, "makes" in problem.message) == (6, True)


AFTER = "io.kestra.plugin.core.condition."
B_AFTER_A = "b: {dependsOn: [{namespace: lab, flowId: a}]}"
C_AFTER_B = "c: {conditions: [{type: " + AFTER + "ExecutionFlowCondition, namespace: lab, flowId: b}]}"


def of_circles(found: Checked) -> list[Problem]:
    return [one for one in found.problems if "after every execution" not in one.message]


@pytest.mark.parametrize(("more", "told"), [
    ("", "when it ends or pauses"), ("conditions: []", "when it ends or pauses"),
    ("states: [FAILED, WARNING]", "that comes to FAILED or WARNING"),
    ("when: '{{ trigger.outputs.more }}'", None), ("dependsOn: [{flowId: b}]", None), ("disabled: true", None),
])  # fmt: skip
def test_a_flow_trigger_that_means_every_flow_is_warned_of(more: str, told: str | None):
    found = check(GOOD + f"triggers:\n  - id: t\n    type: {FLOW}\n    {more}\n", catalogue()).problems
    every = f"this starts the flow after every execution of every other flow, whatever its namespace, {told}"
    assert [(one.where, one.message) for one in found] == ([("triggers[0]", every)] if told else [])


@pytest.mark.parametrize("wrong", ["{states: 5}", "{conditions: 3}", "{dependsOn: 7}", "{preconditions: [1]}",
                                   "{preconditions: {flows: 3}}"])  # fmt: skip
def test_what_is_wrong_with_another_flow_is_nothing_to_the_look_for_circles(wrong: str):
    text = GOOD + f"triggers:\n  - id: t\n    type: {FLOW}\n    states: [SUCCESS]\n"
    assert not of_circles(check(text, catalogue(), world=FakeWorld(triggers=f"b: {wrong}")))


@pytest.mark.parametrize(("mine", "others", "circle"), [
    ("dependsOn: [{flowId: b}]", B_AFTER_A, "aba"),
    ("preconditions: {flows: [{namespace: lab, flowId: c}]}", f"{{{B_AFTER_A}, {C_AFTER_B}}}", "abca"),
    ("states: [SUCCESS]", "b: {}", "aba"),
    ("conditions: [{type: " + AFTER + "ExecutionNamespace, namespace: la, prefix: true}]", "b: {}", "aba"),
    ("conditions: [{type: " + AFTER + "ExecutionStatus, notIn: [SUCCESS]}]", "b: {}", ""),
    ("conditions: [{type: " + AFTER + "ExecutionLabels, labels: {x: y}}]", "b: {}", ""),
    ("states: [FAILED]", "b: {}", ""),
    ("when: '{{ trigger.outputs.more }}'", "b: {}", ""),
    ("disabled: true", "b: {}", ""),
    ("dependsOn: [{flowId: b}, {flowId: x}]", B_AFTER_A, ""),
    ("dependsOn: [{flowId: b}, {flowId: x}]\n    mode: ANY", B_AFTER_A, "aba"),
    ("dependsOn: [{flowId: b, when: '{{ 1 }}'}]", B_AFTER_A, ""),
    ("dependsOn: [{flowId: c}]", B_AFTER_A, ""),
])  # fmt: skip
def test_flows_that_would_start_each_other_in_a_circle_are_warned_of(mine: str, others: str, circle: str):
    text = GOOD + f"triggers:\n  - id: t\n    type: {FLOW}\n    {mine}\n"
    problems = of_circles(check(text, catalogue(), world=FakeWorld(triggers=others)))
    assert [problem.severity for problem in problems] == ([Severity.WARNING] if circle else []), problems
    named = re.findall(r"lab\.(\w)", problems[0].message) if problems else []
    assert not circle or (problems[0].where == "triggers[0]" and "".join(named) == circle)


CALL = "{id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: lab, flowId: b}"
CALLS_A = CALL.replace(": b", ": a")
OWN = CALL.replace("namespace: lab", "namespace: '{{ flow.namespace }}'")
A_AFTER_B = f"triggers:\n  - {{id: t, type: {FLOW}, dependsOn: [{{flowId: b}}]}}\n"
IF = "{id: f, type: io.kestra.plugin.core.flow.If, condition: '{{ true }}', then: [" + CALL + "]}"
AROUND = "{id: s, type: io.kestra.plugin.core.flow.Sequential, tasks: [" + OWN + "]}"


@pytest.mark.parametrize(("mine", "others", "where", "told"), [
    (f"  - {CALL}\n{A_AFTER_B}", {"b": {}}, "triggers[0]", "lab.a calls lab.b, whose end starts lab.a"),
    (f"  - {AROUND}\n{A_AFTER_B}", {"b": {}}, "triggers[0]", "lab.a calls lab.b, whose end starts lab.a"),
    (f"  - {CALL}\n{A_AFTER_B}".replace("flowId: b}]", "flowId: c}]"),
     {"b": {"tasks": [CALL.replace(": b", ": c")]}, "c": {}},
     "triggers[0]", "lab.a calls lab.b, which calls lab.c, whose end starts lab.a"),
    ("", {"c": {"tasks": [CALLS_A], "triggers": "c: {dependsOn: [{flowId: a}]}"}},
     "id", "the end of lab.a starts lab.c, which calls lab.a"),
    (f"  - {CALL}\n", {"b": {}, "c": {"tasks": [CALLS_A], "triggers": "c: {dependsOn: [{flowId: b}]}"}},
     "tasks[1].flowId", "lab.a calls lab.b, whose end starts lab.c, which calls lab.a"),
    (f"  - {CALL}\n", {"b": {"tasks": [CALLS_A]}}, "", ""),
    (f"  - {IF}\n{A_AFTER_B}", {"b": {}}, "", ""),
    (f"  - {CALL[:-1]}, runIf: '{{{{ false }}}}'}}\n{A_AFTER_B}", {"b": {}}, "", ""),
    (f"  - {CALL[:-1]}, disabled: true}}\n{A_AFTER_B}", {"b": {}}, "", ""),
    (f"  - {CALL}\n{A_AFTER_B}", {"b": {"disabled": True}}, "", ""),
    (f"  - {CALL}\n{A_AFTER_B}", {"b": {"tasks": ["nonsense"], "triggers": "b: {dependsOn: 7}"}},
     "triggers[0]", "lab.b"),
])  # fmt: skip
def test_a_circle_that_goes_by_calls_of_flows_is_warned_of_too(
    mine: str, others: dict[str, dict[str, Any]], where: str, told: str
):
    triggers = "{" + ", ".join(one["triggers"] for one in others.values() if "triggers" in one) + "}"
    maps = {("lab", name): {**one, "tasks": yaml.safe_load(f"[{', '.join(one.get('tasks', ()))}]")}
            for name, one in others.items()}  # fmt: skip
    world = FakeWorld([*maps, ("lab", "a")], triggers=triggers, maps=maps)
    problems = check(GOOD + mine, catalogue(), world=world).problems
    assert [problem.severity for problem in problems] == ([Severity.WARNING] if told else []), problems
    assert not told or (problems[0].where == where and told in problems[0].message), problems
