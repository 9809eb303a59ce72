"""Inputs that hold more than one value: FORM, OBJECT, TABLE, and documents held against a schema."""

from collections.abc import Mapping
from typing import Any

import pytest

from builder.expressions import render_value
from builder.flows.inputs import Resolved, resolve
from builder.flows.read import read_inputs

PERSON = {
    "id": "p",
    "type": "OBJECT",
    "properties": [
        {"id": "name", "type": "STRING", "validator": "[A-Z].*"},
        {"id": "age", "type": "INT", "min": 0, "required": False},
    ],
}
LINES = {
    "id": "t",
    "type": "TABLE",
    "columns": [{"id": "item", "type": "STRING"}, {"id": "count", "type": "INT", "min": 1}],
    "rows": {"min": 1, "max": 2},
}


def resolved(declared: list[dict[str, Any]], supplied: dict[str, Any]) -> Resolved:
    def render(template: str, variables: Mapping[str, Any]) -> Any:
        return render_value(template, variables, typed=True)

    return resolve(read_inputs(declared), supplied, render=render)


def said(declared: dict[str, Any], value: Any) -> str:
    (fault,) = resolved([declared], {str(declared["id"]): value}).faults
    return fault.message.partition(", but received")[0]


def test_the_children_of_a_form_are_values_below_its_name() -> None:
    declared = [
        {
            "id": "form",
            "type": "FORM",
            "displayName": "About you",
            "inputs": [
                {"id": "kind", "type": "SELECT", "values": ["a", "b"], "defaults": "a"},
                {
                    "id": "why",
                    "type": "STRING",
                    "dependsOn": {"inputs": ["form.kind"], "condition": "{{ inputs.form.kind == 'b' }}"},
                },
            ],
        }
    ]
    assert resolved(declared, {}).values == {"form": {"kind": "a"}}
    given = resolved(declared, {"form.kind": "b", "form": {"why": "because"}})
    assert given.values == {"form": {"kind": "b", "why": "because"}} and not given.faults
    (fault,) = resolved(declared, {"form.kind": "b"}).faults
    assert fault.message == "Invalid input for `form.why`, missing required input, but received `null`"
    assert [one.form.display_name for one in read_inputs(declared) if one.form] == ["About you"] * 2


def test_a_form_that_is_not_wanted_takes_all_its_children_with_it() -> None:
    declared = [
        {
            "id": "form",
            "type": "FORM",
            "dependsOn": {"inputs": ["on"], "condition": "{{ inputs.on }}"},
            "inputs": [{"id": "x", "type": "STRING"}],
        },
        {"id": "on", "type": "BOOL"},
    ]
    off = resolved(declared, {"on": "false"})
    assert off.values == {"on": False} and off.disabled == {"form.x"}
    assert resolved(declared, {"on": "true", "form.x": "1"}).values == {"form": {"x": "1"}, "on": True}


def test_an_object_is_read_property_by_property() -> None:
    assert resolved([PERSON], {"p": '{"name": "Ada", "age": "36", "more": 1}'}).values == {
        "p": {"name": "Ada", "age": 36}
    }
    assert resolved([PERSON], {"p": {"name": "Ada"}}).values == {"p": {"name": "Ada", "age": None}}
    assert said(PERSON, {"age": 3}) == "Invalid input for `p`, its property `name` is missing"
    assert said(PERSON, {"name": "ada"}).endswith("its property `name`: it must match the pattern `[A-Z].*`")
    assert said(PERSON, "[1]") == "Invalid input for `p`, Expected `OBJECT` but received `[1]`"


def test_a_table_is_read_row_by_row_within_its_bounds() -> None:
    row = {"item": "pen", "count": "2"}
    assert resolved([LINES], {"t": [row]}).values == {"t": [{"item": "pen", "count": 2}]}
    assert said(LINES, []).endswith("it needs at least 1 rows, not 0")
    assert said(LINES, [row] * 3).endswith("it may have at most 2 rows, not 3")
    assert said(LINES, [row, {"item": "ink", "count": 0}]).endswith(
        "row 2: its column `count`: it must be more than `1`"
    )
    assert said(LINES, ["pen"]).endswith("row 1 is not a map of its columns")


def test_json_is_held_against_its_schema() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    declared = {"id": "j", "type": "JSON", "jsonSchema": schema}
    assert resolved([declared], {"j": '{"a": 1}'}).values == {"j": {"a": 1}}
    assert said(declared, '{"a": "x"}').endswith("it does not fit its jsonSchema: a: 'x' is not of type 'integer'")
    as_text = {**declared, "jsonSchema": '{"type": "array"}'}
    assert said(as_text, "{}").endswith("it does not fit its jsonSchema: {} is not of type 'array'")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "strng"}, "its jsonSchema is not valid: type: 'strng' is not valid"),
        ({"$ref": "http://127.0.0.1:9/away.json"}, "refers to `http://127.0.0.1:9/away.json`, which is not in it"),
        ({"pattern": "^(a|aa)+$"}, "takes too long or is not valid"),
        ("{", "its jsonSchema is not valid: it is not valid JSON"),
    ],
)
def test_a_schema_that_is_wrong_or_dangerous_is_answered(schema: Any, message: str) -> None:
    declared = {"id": "j", "type": "JSON", "jsonSchema": schema}
    assert message in said(declared, '"' + "a" * 60 + '!"')


def test_ion_is_read_as_json_has_it() -> None:
    declared = {"id": "i", "type": "ION"}
    assert resolved([declared], {"i": "{a: 1, b: [true, null]}"}).values == {"i": {"a": 1, "b": [True, None]}}
    assert resolved([declared], {"i": "{a: 1}\n{a: 2}"}).values == {"i": [{"a": 1}, {"a": 2}]}
    assert "it is not valid Ion" in said(declared, "{a: ")


def test_a_default_that_only_the_run_can_render_is_kept_as_it_is_for_every_type() -> None:
    declared = [{"id": "d", "type": "DATE", "defaults": "{{ execution.startDate | date('yyyy-MM-dd') }}"}]
    assert resolved(declared, {}).values == {"d": "{{ execution.startDate | date('yyyy-MM-dd') }}"}
