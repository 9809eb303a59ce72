"""JSON Schema: whether a schema is one, and where a value does not fit it. Nothing is fetched, no pattern explodes."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import regex
from jsonschema import Draft202012Validator, SchemaError, ValidationError, validators
from jsonschema.exceptions import relevance
from referencing import Registry
from referencing.exceptions import Unresolvable

from builder.errors import dotted
from builder.flows.values.texts import VALIDATOR_SECONDS

_MOST_LETTERS = 500
_MOST_SCHEMA_TEXT = 200


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


def value_faults(schema: Any, value: Any, most: int = 1) -> list[str]:
    """Where a value does not fit, a sentence each, the most telling first; empty when it fits.

    Raises ValueError where the schema refers to something that is not in it.
    """
    validator = _Schema(read_schema(schema), registry=Registry())
    try:
        errors = sorted(validator.iter_errors(value), key=relevance, reverse=True)
    except Unresolvable as missing:
        raise ValueError(f"it refers to `{missing.ref}`, which is not in it") from missing
    return [_sentence(error) for error in islice(errors, most)]


def _sentence(error: ValidationError) -> str:
    place = dotted(tuple(error.absolute_path))
    return f"{place + ': ' if place else ''}{error.message[:_MOST_LETTERS]}"


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
