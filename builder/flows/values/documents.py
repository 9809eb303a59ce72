"""Whole documents as values: JSON (held against its schema), YAML and Ion."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import regex
from jsonschema import Draft202012Validator, SchemaError, ValidationError, validators
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from builder.errors import dotted
from builder.expressions.faults import ExpressionError
from builder.expressions.limits import DEFAULT_LIMITS, Budget
from builder.expressions.values import result_to_json
from builder.expressions.written.ion import read_ion
from builder.flows.document import parse
from builder.flows.values.texts import VALIDATOR_SECONDS
from builder.flows.values.words import BadValue

_MOST_SCHEMA_TEXT = 200


def read_json(properties: Mapping[str, Any], value: Any) -> Any:
    found = json.loads(value, parse_constant=_refuse) if isinstance(value, str) else value
    schema = properties.get("jsonSchema")
    if schema is not None:
        _hold_against(schema, found)
    return found


def schema_fault(schema: Any) -> str:
    """Why a JSON Schema is none; empty when it is one."""
    try:
        _Schema.check_schema(read_schema(schema))
    except SchemaError as error:
        place = dotted(tuple(error.absolute_path))
        return f"{place + ': ' if place else ''}{error.message[:_MOST_SCHEMA_TEXT]}"
    except ValueError as error:
        return f"it is not valid JSON: {error}"
    return ""


def read_schema(schema: Any) -> Any:
    """A schema as data: it may be written as a map or as JSON text."""
    return json.loads(schema) if isinstance(schema, str) else schema


def _hold_against(schema: Any, value: Any) -> None:
    fault = schema_fault(schema)
    if fault:
        raise BadValue(f"its jsonSchema is not valid: {fault}")
    try:
        error = best_match(_Schema(read_schema(schema), registry=Registry()).iter_errors(value))
    except Unresolvable as missing:
        raise BadValue(f"its jsonSchema refers to `{missing.ref}`, which is not in it") from missing
    if error is not None:
        place = dotted(tuple(error.absolute_path))
        raise BadValue(f"it does not fit its jsonSchema: {place + ': ' if place else ''}{error.message[:500]}")


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As the library's, but a pattern that explodes is given up."""
    if not isinstance(instance, str):
        return
    try:
        found = regex.search(pattern, instance, timeout=VALIDATOR_SECONDS)
    except (TimeoutError, regex.error):
        yield ValidationError(f"the pattern {pattern!r} takes too long or is not valid")
        return
    if not found:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, below in patterns.items():
        for key, value in instance.items():
            if not any(_pattern(validator, pattern, key, schema)):
                yield from validator.descend(value, below, path=key, schema_path=pattern)


_extend: Any = validators.extend
_Schema = _extend(Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties})


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
