"""Kestra's own cases of validation and input resolution, from the shared corpus."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from builder.expressions import render_value
from builder.flows.check import Checked, check
from builder.flows.inputs import resolve
from builder.tasks.catalogue import catalogue

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus"


@functools.cache
def cases() -> dict[str, dict[str, Any]]:
    file = CORPUS / "flow_cases.yaml"
    return {case["id"]: case for case in yaml.safe_load(file.read_text())} if file.exists() else {}


def named(kind: str) -> list[Any]:
    return [case for case in cases() if cases()[case]["kind"] == kind] or [
        pytest.param("", marks=pytest.mark.skip(reason="the shared corpus is not here"))
    ]


def checked(case: Mapping[str, Any]) -> Checked:
    text = yaml.safe_dump(case["inline"]) if "inline" in case else (CORPUS / "flows" / case["flow"]).read_text()
    return check(text, catalogue())


class Uploaded:
    name = "application-test.yml"

    def chunks(self) -> Iterator[bytes]:
        yield b"a: 1"


def supplied(case: Mapping[str, Any]) -> dict[str, Any]:
    given = case["inputs"]
    if "$same_as" in given:
        given = cases().get(given["$same_as"], cases()["inputs-bad-uri"])["inputs"]
    return {
        key: Uploaded() if isinstance(value, str) and value.startswith("$UPLOAD") else value
        for key, value in given.items()
    }


@pytest.mark.parametrize("name", named("validate"))
def test_a_flow_is_valid_or_not_as_in_kestra(name: str):
    case = cases()[name]
    result = checked(case)
    assert (result.flow is not None) is case["expect"]["valid"], result.problems
    parsed = case["expect"].get("parsed", {})
    if "tasks" in parsed:
        assert len(result.valid_flow.tasks) == parsed["tasks"]
    if "inputs[0].id" in parsed:
        first = result.valid_flow.inputs[0]
        assert (first.id, first.type) == (parsed["inputs[0].id"], parsed["inputs[0].type"])


@pytest.mark.parametrize("name", named("resolve_inputs"))
def test_inputs_are_resolved_as_in_kestra(name: str):
    case = cases()[name]
    has_key = (case.get("setup") or {}).get("encryption_key", "yes") is not None
    result = resolve(
        checked(case).valid_flow.inputs,
        supplied(case),
        render=lambda template, variables: render_value(template, variables, typed=True),
        encrypt=(lambda text: "#" + text) if has_key else None,
    )
    expect = case["expect"]
    said = [fault.message for fault in result.faults]
    assert bool(said) is bool(expect.get("error")), said
    wanted = expect.get("message_contains") or expect.get("message", "").partition(": ")[2]
    assert not wanted or any(wanted in message for message in said), said
    for key, value in (expect.get("inputs_resolved") or {}).items():
        assert (key not in result.disabled) is value["enabled"]
        assert result.values.get(key) == value["value"]
