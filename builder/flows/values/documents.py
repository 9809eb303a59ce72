"""Whole documents as values: JSON (held against its schema), YAML and Ion."""

import json
from collections.abc import Mapping
from typing import Any

from builder.expressions.faults import ExpressionError
from builder.expressions.limits import DEFAULT_LIMITS, Budget
from builder.expressions.values import result_to_json
from builder.expressions.written.ion import read_ion
from builder.flows.document import parse
from builder.flows.values.json_schema import schema_fault, value_faults
from builder.flows.values.words import BadValue


def read_json(properties: Mapping[str, Any], value: Any) -> Any:
    found = json.loads(value, parse_constant=_refuse) if isinstance(value, str) else value
    schema = properties.get("jsonSchema")
    if schema is not None:
        _hold_against(schema, found)
    return found


def _hold_against(schema: Any, value: Any) -> None:
    fault = schema_fault(schema)
    if fault:
        raise BadValue(f"its jsonSchema is not valid: {fault}")
    try:
        faults = value_faults(schema, value)
    except ValueError as error:
        raise BadValue(f"its jsonSchema is not valid: {error}") from error
    if faults:
        raise BadValue(f"it does not fit its jsonSchema: {faults[0]}")


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def read_yaml(properties: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    document = parse(value)
    if document.problems:
        problem = document.problems[0]
        raise BadValue(f"it is not valid YAML: line {problem.line}: {problem.message}")
    return document.data


def read_ion_value(properties: Mapping[str, Any], value: Any) -> Any:
    """One Ion value; the list of them where the text holds several, a line each."""
    if not isinstance(value, str):
        return value
    try:
        rows = result_to_json(read_ion(value, Budget(DEFAULT_LIMITS)))
    except ExpressionError as error:
        raise BadValue(f"it is not valid Ion: {error.message}") from error
    return rows[0] if len(rows) == 1 else rows
