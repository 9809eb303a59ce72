"""Inputs: what is accepted, what it becomes, and Kestra's sentences for what does not fit."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from builder.expressions import render_value
from builder.flows.inputs import ENCRYPTED_TYPE, Resolved, resolve
from builder.flows.inputs.kinds import INPUT_KINDS
from builder.flows.inputs.values import BadValue, parse_value
from builder.flows.read import read_inputs


def render(template: str, variables: Mapping[str, Any]) -> Any:
    return render_value(template, variables, typed=True)


class FakeUpload:
    name = "../../evil/data.csv"

    def chunks(self) -> Iterator[bytes]:
        yield b"x"


def resolved(declared: list[dict[str, Any]], supplied: dict[str, Any], **more: Any) -> Resolved:
    return resolve(read_inputs(declared), supplied, render=render, **more)


def one(declared: dict[str, Any], value: Any) -> Any:
    result = resolved([{"id": "x", **declared}], {"x": value}, encrypt=lambda text: "#" + text)
    assert not result.faults, result.faults
    return result.values["x"]


def refusal(declared: dict[str, Any], value: Any) -> str:
    result = resolved([{"id": "x", **declared}], {"x": value}, encrypt=lambda text: text)
    assert len(result.faults) == 1, result
    assert result.faults[0].path == ("x",)
    return result.faults[0].message


@pytest.mark.parametrize(
    "declared, value, kept",
    [
        ({"type": "STRING"}, "a", "a"),
        ({"type": "STRING"}, 12, "12"),
        ({"type": "STRING", "validator": r"A\d+"}, "A1", "A1"),
        ({"type": "INT"}, "42", 42),
        ({"type": "INT", "min": 10, "max": 20}, 20, 20),
        ({"type": "FLOAT"}, "42.42", 42.42),
        ({"type": "BOOLEAN"}, "TRUE", True),
        ({"type": "BOOL"}, "yes", False),
        ({"type": "SELECT", "values": ["a", {"label": "Bee", "value": "b"}]}, "b", "b"),
        ({"type": "SELECT", "values": ["a"], "allowCustomValue": True}, "z", "z"),
        ({"type": "SELECT", "expression": "{{ ['p', 'q'] }}"}, "q", "q"),
        ({"type": "MULTISELECT", "options": ["a", "b"]}, '["a", "b"]', ["a", "b"]),
        ({"type": "MULTISELECT", "values": [1, 2], "itemType": "INT"}, ["1"], [1]),
        ({"type": "ARRAY", "itemType": "INT"}, "[1, 2, 3]", [1, 2, 3]),
        ({"type": "DATETIME"}, "2019-10-06T18:27:49Z", "2019-10-06T18:27:49Z"),
        ({"type": "DATETIME"}, "2019-10-06T20:27:49.5+02:00", "2019-10-06T18:27:49.500Z"),
        ({"type": "DATE"}, "2019-10-06", "2019-10-06"),
        ({"type": "TIME"}, "18:27:49", "18:27:49"),
        ({"type": "DURATION"}, "PT5M6S", "PT5M6S"),
        ({"type": "JSON"}, '{"a": "b"}', {"a": "b"}),
        ({"type": "JSON"}, {"a": 1}, {"a": 1}),
        ({"type": "YAML"}, "a: [1, NO]", {"a": [1, "NO"]}),
        ({"type": "URI"}, "https://www.google.com", "https://www.google.com"),
        ({"type": "EMAIL"}, "a@b.c", "a@b.c"),
        ({"type": "EMAIL"}, "", ""),
        ({"type": "FILE"}, "kestra:///a/b.txt", "kestra:///a/b.txt"),
        ({"type": "SECRET"}, "s", {"type": ENCRYPTED_TYPE, "value": "#s"}),
    ],
)
def test_a_value_is_kept_as_its_type_says(declared: dict[str, Any], value: Any, kept: Any):
    assert one(declared, value) == kept


@pytest.mark.parametrize(
    "declared, value, message",
    [
        ({"type": "STRING"}, None, "Invalid input for `x`, missing required input, but received `null`"),
        (
            {"type": "STRING", "validator": r"A\d+"},
            "foo",
            r"Invalid input for `x`, it must match the pattern `A\d+`, but received `foo`",
        ),
        ({"type": "INT"}, "abc", "Invalid input for `x`, Expected `INT` but received `abc`, but received `abc`"),
        ({"type": "INT", "min": 10}, "9", "Invalid input for `x`, it must be more than `10`, but received `9`"),
        ({"type": "INT", "max": 20}, "21", "Invalid input for `x`, it must be less than `20`, but received `21`"),
        (
            {"type": "FLOAT", "min": 0.1},
            "0.01",
            "Invalid input for `x`, it must be more than `0.1`, but received `0.01`",
        ),
        ({"type": "FLOAT"}, "nan", "Invalid input for `x`, Expected `FLOAT` but received `nan`, but received `nan`"),
        (
            {"type": "ENUM", "values": ["ENUM_VALUE", "OTHER_ONE"]},
            "INVALID",
            "Invalid input for `x`, it must match the values `[ENUM_VALUE, OTHER_ONE]`, but received `INVALID`",
        ),
        (
            {"type": "MULTISELECT", "values": ["a"]},
            ["b"],
            'Invalid input for `x`, it must match the values `[a]`, but received `["b"]`',
        ),
        (
            {"type": "ARRAY", "itemType": "INT"},
            '["s1"]',
            'Invalid input for `x`, Unable to parse array element as `INT` on `s1`, but received `["s1"]`',
        ),
        (
            {"type": "DATE", "before": "2023-12-31"},
            "2024-01-01",
            "Invalid input for `x`, it must be before `2023-12-31`, but received `2024-01-01`",
        ),
        (
            {"type": "DATETIME", "before": "2023-12-31T23:59:59Z"},
            "2024-01-01T00:00:00Z",
            "Invalid input for `x`, it must be before `2023-12-31T23:59:59Z`, but received `2024-01-01T00:00:00Z`",
        ),
        (
            {"type": "TIME", "after": "01:00:00"},
            "00:00:01",
            "Invalid input for `x`, it must be after `01:00`, but received `00:00:01`",
        ),
        (
            {"type": "DURATION", "min": "PT10S"},
            "PT1S",
            "Invalid input for `x`, It must be more than `PT10S`, but received `PT1S`",
        ),
        (
            {"type": "URI"},
            "http:/bla",
            "Invalid input for `x`, Expected `URI` but received `http:/bla`, but received `http:/bla`",
        ),
        ({"type": "EMAIL"}, "a", "Invalid input for `x`, The input must be a valid email, but received `a`"),
        (
            {"type": "SECRET", "validator": "a+"},
            "hidden",
            "Invalid input for `x`, it must match the pattern `a+`, but received `******`",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_kestras_words(declared: dict[str, Any], value: Any, message: str):
    assert refusal(declared, value) == message


def test_ids_with_dots_become_nested_maps_and_may_be_given_nested():
    declared = [
        {"id": "n.s", "type": "STRING"},
        {"id": "n.m.i", "type": "INT"},
        {"id": "o", "type": "INT", "required": False},
    ]
    assert resolved(declared, {"n.s": "a", "n": {"m": {"i": "1"}}}).values == {
        "n": {"s": "a", "m": {"i": 1}},
        "o": None,
    }


def test_defaults_are_rendered_read_and_judged_like_given_values():
    declared = [
        {"id": "a", "type": "INT", "defaults": "{{ 2 + 3 }}"},
        {"id": "b", "type": "STRING", "defaults": ""},
        {"id": "c", "type": "STRING", "defaults": "{{ inputs.a }}-{{ 1 }}"},
        {"id": "d", "type": "INT", "defaults": "x"},
        {"id": "e", "type": "STRING", "defaults": "{{ execution.id }}"},
        {"id": "f", "type": "YAML", "defaults": {"k": 1}},
    ]
    result = resolved(declared, {})
    assert result.values == {"a": 5, "b": "", "c": "5-1", "e": "{{ execution.id }}", "f": {"k": 1}}
    assert [fault.path for fault in result.faults] == [("d",)]


def test_an_input_is_left_out_when_what_it_depends_on_says_so():
    declared = [
        {"id": "third", "type": "STRING", "dependsOn": {"inputs": ["second"]}},
        {
            "id": "second",
            "type": "STRING",
            "dependsOn": {"inputs": ["first"], "condition": "{{ inputs.first == 'yes' }}"},
        },
        {"id": "first", "type": "STRING"},
    ]
    off = resolved(declared, {"first": "no"})
    assert off.values == {"first": "no"} and off.disabled == {"second", "third"} and not off.faults
    on = resolved(declared, {"first": "yes", "second": "a", "third": "b"})
    assert on.values == {"third": "b", "second": "a", "first": "yes"}


def test_a_condition_sees_only_the_inputs_it_names_and_its_error_disables():
    declared = [
        {"id": "a", "type": "STRING"},
        {"id": "b", "type": "STRING", "dependsOn": {"condition": "{{ inputs.a == '' }}"}},
    ]
    result = resolved(declared, {"a": "x"})
    assert result.disabled == {"b"} and "condition cannot be evaluated" in result.faults[0].message


def test_all_faults_come_at_once():
    declared = [{"id": "a", "type": "INT"}, {"id": "b", "type": "DATE"}]
    assert [fault.path for fault in resolved(declared, {"a": "x", "b": "y"}).faults] == [("a",), ("b",)]


def test_an_upload_is_kept_and_judged_by_its_ending():
    kept = resolved(
        [{"id": "f", "type": "FILE"}], {"f": FakeUpload()}, keep_file=lambda name, upload: f"kestra:///{name}"
    )
    assert kept.values == {"f": "kestra:///f"}
    wrong = resolved([{"id": "f", "type": "FILE", "allowedFileExtensions": [".txt"]}], {"f": FakeUpload()})
    assert "must end with one of `[.txt]`" in wrong.faults[0].message
    assert "upload a file" in refusal({"type": "FILE"}, "/etc/passwd")


def test_a_secret_without_an_encryption_key_is_refused_and_not_shown():
    fault = resolved([{"id": "s", "type": "SECRET"}], {"s": "hidden"}).faults[0]
    assert "encryption key" in fault.message and "hidden" not in fault.message


def test_a_validator_that_explodes_is_given_up_quickly():
    began = time.process_time()
    with pytest.raises(BadValue, match="takes too long"):
        parse_value("STRING", {"validator": "(a|aa)+$"}, "a" * 60 + "!")
    with pytest.raises(BadValue, match="must match"):
        parse_value("STRING", {"validator": "^(a+)+$"}, "a" * 40 + "!")
    assert time.process_time() - began < 5  # without its limit it never ends


ODD = [
    None, True, 10**400, 1.5, "", "a", "9" * 5000, "\0", "\ud800", [], [1], {}, [[]], "[1", "{", "[null]", "NaN", b"x",
    "2024-13-01", "25:00", "PT", "-PT1S", "9999-12-31T23:59:59-14:00", "[" * 100_000, '["a", "\\u0000"]',
]  # fmt: skip


@pytest.mark.parametrize("kind", INPUT_KINDS)
@pytest.mark.parametrize("properties", [{}, {"values": 5}, {"min": 1, "max": []}, {"after": 3}, {"validator": "("}])
def test_odd_values_are_read_or_refused_and_nothing_else(kind: str, properties: dict[str, Any]):
    for value in ODD:
        try:
            assert "\0" not in str(parse_value(kind, properties, value))
        except BadValue as error:
            assert str(error).isprintable()
