"""A recipe becomes a flow that is valid and readable; what cannot be translated is said with its line."""

import json
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import pytest
import yaml

from builder.errors import Severity
from builder.flows.check import check
from builder.flows.recipes import Translated, is_recipe, translate
from builder.tasks.catalogue import catalogue
from builder.tasks.output_kinds import output_kind

SETUP = "{api-key: '${secret.KEY}'}"


class Tasks:
    """The tasks that are installed."""

    def has(self, type_name: str) -> bool:
        return catalogue().find(type_name) is not None

    def output_kind(self, type_name: str, path: Sequence[str | int]) -> tuple[str, str | None]:
        return output_kind(catalogue().task_class(type_name), path)


def made(recipe: str) -> Translated:
    return translate(dedent(recipe), Tasks(), namespace="company.team", flow_id="one")


def flow(recipe: str) -> dict[str, Any]:
    """The values of a flow without problems that does all the recipe does."""
    found = made(recipe)
    assert found.complete, found.problems
    assert check(found.text, catalogue()).errors == (), found.text
    return dict(yaml.safe_load(found.text))


def errors(recipe: str) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in made(recipe).problems if one.severity is Severity.ERROR]


def ask(name: str, prompt: str = "Hi", more: str = "") -> str:
    return (
        f"  {name}:\n    type: openai\n    task: TASK_TEXT_GENERATION\n    setup: {SETUP}\n{more}"
        f"    input:\n      model: gpt-4o\n      prompt: {prompt}\n"
    )


def test_components_come_after_those_whose_outputs_they_read() -> None:
    recipe = "version: v1beta\ncomponent:\n" + ask("second", "'${first-0.output.texts[0]}'") + ask("first-0")
    tasks = flow(recipe)["tasks"]
    assert [task["id"] for task in tasks] == ["first-0", "second"]
    assert tasks[1]["prompt"] == "{{ outputs['first-0'].texts[0] }}"
    assert tasks[0]["setup"] == {"api-key": "{{ secret('KEY') }}"}


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        ("{type: string}", {"type": "STRING"}),
        ("{instill-format: number, default: 0.5}", {"type": "FLOAT", "defaults": 0.5}),
        ("{type: integer}", {"type": "INT"}),
        ("{type: boolean}", {"type": "BOOLEAN"}),
        ("{instill-format: 'image/*'}", {"type": "FILE"}),
        ("{type: audio}", {"type": "FILE"}),
        ("{type: json, required: false}", {"type": "JSON", "required": False}),
        ("{type: 'array:string'}", {"type": "ARRAY", "itemType": "STRING"}),
        ("{type: 'array:image'}", {"type": "ARRAY", "itemType": "URI"}),
        ("{type: string, enum: [a, b]}", {"type": "SELECT", "values": ["a", "b"]}),
        ("{type: string, title: T, description: D}", {"type": "STRING", "displayName": "T", "description": "D"}),
    ],
)
def test_a_variable_becomes_an_input_of_the_right_type(declared: str, given: dict[str, Any]) -> None:
    inputs = flow(f"version: v1beta\nvariable:\n  x-1: {declared}\ncomponent:\n{ask('a')}")["inputs"]
    assert inputs == [{"id": "x-1", **given}]


def test_inputs_stand_in_the_order_that_instill_shows() -> None:
    variables = "variable:\n  a: {type: string}\n  b: {instill-ui-order: 1}\n  c: {instill-ui-order: 0}\n"
    inputs = flow(f"version: v1beta\n{variables}component:\n{ask('x')}")["inputs"]
    assert [one["id"] for one in inputs] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("value", "declared"),
    [
        ("${a.output.texts}", {"type": "ARRAY", "itemType": "STRING"}),
        ("${a.output.texts[0]}", {"type": "STRING"}),
        ("${a.output.usage}", {"type": "JSON"}),
        ("${a.output.tool-calls}", {"type": "ARRAY", "itemType": "JSON"}),
        ("Said: ${a.output.texts[0]}", {"type": "STRING"}),
        ("${variable.n}", {"type": "FLOAT"}),
    ],
)
def test_an_output_has_the_type_of_what_it_holds(value: str, declared: dict[str, Any]) -> None:
    variables = "variable:\n  n: {type: number}\n"
    recipe = f"version: v1beta\n{variables}component:\n{ask('a')}output:\n  x:\n    value: '{value}'\n"
    output = flow(recipe)["outputs"][0]
    del output["id"], output["value"]
    assert output == declared


def test_a_dash_is_no_minus() -> None:
    recipe = f"version: v1beta\ncomponent:\n{ask('a-b')}output:\n  x:\n    value: ${{a-b.output.tool-calls}}\n"
    assert flow(recipe)["outputs"][0]["value"] == "{{ outputs['a-b']['tool-calls'] }}"


def test_a_connection_is_one_secret() -> None:
    recipe = "version: v1beta\ncomponent:\n" + ask("a").replace(SETUP, "${connection.my-openai}")
    assert flow(recipe)["tasks"][0]["setup"] == "{{ secret('MY_OPENAI') }}"


def test_lists_and_maps_are_translated_inside() -> None:
    more = (
        "      images: ['${variable.p}']\n      chat-history:\n        - {role: user, content: 'a ${variable.p} b'}\n"
    )
    recipe = f"version: v1beta\nvariable:\n  p: {{type: string}}\ncomponent:\n{ask('a')}{more}"
    task = flow(recipe)["tasks"][0]
    assert task["images"] == ["{{ inputs.p }}"]
    assert task["chat-history"] == [{"role": "user", "content": "a {{ inputs.p }} b"}]


def test_what_looks_like_an_expression_stays_text() -> None:
    task = flow("version: v1beta\ncomponent:\n" + ask("a", "'Fill {{ name }} and {% if %}'"))["tasks"][0]
    assert task["prompt"] == "Fill {{ '{{' }} name }} and {{ '{%' }} if %}"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('${variable.x} == "yes"', "{{ inputs.x == 'yes' }}"),
        ("${variable.x} != 'a' && !(${variable.n} > 3.5)", "{{ inputs.x != 'a' and not (inputs.n > 3.5) }}"),
        ("${b.output.texts[0]} == `x` || true", "{{ outputs.b.texts[0] == 'x' or true }}"),
    ],
)
def test_a_condition_becomes_run_if(condition: str, expected: str) -> None:
    variables = "variable:\n  x: {type: string}\n  n: {type: number}\n"
    more = f"    condition: {json.dumps(condition)}\n"
    recipe = f"version: v1beta\n{variables}component:\n{ask('b')}{ask('a', more=more)}"
    task = next(one for one in flow(recipe)["tasks"] if one["id"] == "a")
    assert task["runIf"] == expected


def test_what_reads_a_skipped_component_is_skipped_with_it() -> None:
    more = "    condition: ${variable.x} == 1\n"
    recipe = (
        f"version: v1beta\nvariable:\n  x: {{type: integer}}\ncomponent:\n{ask('a', more=more)}"
        f"{ask('b', '${a.output.texts[0]}')}output:\n  o:\n    value: ${{b.output.texts}}\n"
    )
    found = flow(recipe)
    assert [task["runIf"] for task in found["tasks"]] == ["{{ inputs.x == 1 }}"] * 2
    assert found["outputs"][0]["required"] is False


def test_comments_stay_where_they_stood() -> None:
    recipe = (
        "# What it is for\nversion: v1beta\nvariable:\n  # Who asks\n  x: {type: string}\n"
        "component:\n  # The question\n" + ask("a", "|\n        # not a comment\n      # cheap and good\n      n: 1")
    )
    text = made(recipe).text
    assert text.startswith("# What it is for\nid: one\n")
    assert "  # Who asks\n  - id: x\n" in text
    assert "  # The question\n  - id: a\n" in text
    assert "    # cheap and good\n    n: 1\n" in text
    assert text.count("# not a comment") == 1
    assert check(text, catalogue()).errors == ()


def test_what_has_no_counterpart_is_said_with_its_line_and_kept_as_a_comment() -> None:
    recipe = (
        "version: v1beta\non: {schedule: daily}\ncomponent:\n" + ask("a")
        + "  search:\n    type: google-search\n    task: TASK_SEARCH\n    input: {q: a}\n"
        + "output:\n  o:\n    value: ${search.output.results}\n  p:\n    value: ${nobody.output.x}\n"
    )  # fmt: skip
    assert errors(recipe) == [
        (2, "on has no counterpart in a flow"),
        (11, "search is left out: there is no task here for google-search with TASK_SEARCH"),
        (16, "the output o is left out: it reads search, which is left out"),
        (18, "the output p is left out: ${nobody.output.x} names nobody, which is no component of this recipe"),
    ]
    text = made(recipe).text
    assert "  #     type: google-search\n" in text
    assert [task["id"] for task in yaml.safe_load(text)["tasks"]] == ["a"]


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("version: v1beta\n", "no component of this recipe can be translated"),
        ("version: v1beta\ncomponent: [a]\n", "component must be a map of names"),
        ("version: v1beta\ncomponent:\n  a: b\n", "component a must be a map"),
        ("component:\n  a: {type: iterator, input: [1], component: {}}\n", "the iterator has no components"),
        (
            "component:\n  a: {type: iterator, range: [0, 3], component: {}}\n",
            "an iterator with range",
        ),
        ("component:\n  a: {type: iterator, component: {b: {type: openai}}}\n", "has no input to go through"),
        ("component:\n  a: {type: iterator, component: {b: {type: iterator}}}\n", "an iterator inside another"),
        (
            "version: v1beta\ncomponent:\n" + ask("a", "'${b.output.texts}'") + ask("b", "'${a.output.texts}'"),
            "a and b wait for each other",
        ),
        ("version: v1beta\ncomponent:\n" + ask("a", "'${a.input.prompt}'"), "a reads itself"),
        ("version: v1beta\ncomponent:\n" + ask("a", "'${}'"), "${} names nothing"),
        ("version: v1beta\ncomponent:\n" + ask("a", "'${variable}'"), "does not say which variable"),
        ("version: v1beta\ncomponent:\n" + ask("a", "'${secret.A.b}'"), "is no name of a secret"),
        (
            "version: v1beta\ncomponent:\n" + ask("a", more="    condition: a ~ b\n"),
            "the condition cannot be read at 'a",
        ),
        ("version: v1beta\ncomponent:\n  a: {input: [1], task: TASK_TEXT_GENERATION, type: openai}\n", "is not a map"),
        ("component: {a: [\n", ""),
    ],
)
def test_a_recipe_of_which_nothing_can_be_made_is_refused_in_words(recipe: str, message: str) -> None:
    assert made(recipe).text == ""
    assert any(message in said for _, said in errors(recipe))


def test_what_reads_a_component_that_is_left_out_is_left_out_too() -> None:
    readers = ask("b", "'${a.input.prompt}'") + ask("c", "'${b.output.texts}'")
    recipe = "version: v1beta\ncomponent:\n" + ask("a") + readers
    assert [message for _, message in errors(recipe)] == [
        "b is left out: ${a.input.prompt} is not an output of a; a flow's steps read nothing else of each other",
        "c is left out: it reads b, which is left out",
    ]
    assert check(made(recipe).text, catalogue()).errors == ()


ITERATOR = """\
version: v1beta
variable:
  topics: {type: "array:string"}
component:
  last:
    type: openai
    task: TASK_TEXT_GENERATION
    setup: {api-key: "${secret.KEY}"}
    input: {model: gpt-4o, prompt: "Sum up ${each.output.said}"}
  each:
    type: iterator
    input: ${variable.topics}
    output-elements:
      said: ${ask.output.texts}
    component:
      ask:
        type: openai
        task: TASK_TEXT_GENERATION
        setup: {api-key: "${secret.KEY}"}
        input: {model: gpt-4o, prompt: "About ${each.element}"}
output:
  all:
    value: ${each.output.said}
"""


def test_an_iterator_becomes_a_loop() -> None:
    found = flow(ITERATOR)
    each, last = found["tasks"]
    assert (each["id"], each["type"]) == ("each", "io.kestra.plugin.core.flow.Loop")
    assert each["values"] == "{{ inputs.topics }}"
    assert each["tasks"][0]["prompt"] == "About {{ item.value }}"
    assert each["outputs"] == [
        {"id": "said", "type": "ARRAY", "itemType": "STRING", "value": "{{ outputs.ask.texts }}"}
    ]
    assert last["prompt"] == "Sum up {{ loopOutputs(outputs.each, 'said') }}"
    output = found["outputs"][0]
    assert (output["type"], output["value"]) == ("ARRAY", "{{ loopOutputs(outputs.each, 'said') }}")


def test_an_element_is_read_in_its_iterator_alone() -> None:
    recipe = ITERATOR.replace("Sum up ${each.output.said}", "Sum up ${each.element}")
    assert errors(recipe)[0][1].startswith("last is left out: ${each.element} is not an output of each")


@pytest.mark.parametrize(
    ("data", "expected"),
    [({"component": {}}, True), ({"version": "v1beta"}, True), ({"tasks": [], "component": {}}, False), ([], False)],
)
def test_a_recipe_is_told_from_a_flow(data: Any, expected: bool) -> None:
    assert is_recipe(data) is expected
