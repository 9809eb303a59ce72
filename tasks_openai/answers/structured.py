"""Answers in a JSON shape: what strict mode forbids in a schema, in words, and whether an answer fits.

The rules are those of OpenAI's guide to structured outputs ("Supported schemas").
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from builder.tasks.api import Outputs, Path, RunContext, TaskFailure, dotted, value_faults

T = TypeVar("T", bound=Outputs)

MOST_PROPERTIES, MOST_LEVELS, MOST_ENUM_VALUES, MOST_LETTERS = 5_000, 10, 1_000, 120_000
_FORBIDDEN = ("allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else")
_SHOWN = 3
_Place = tuple[Path, Mapping[str, Any], int]


@dataclass(frozen=True, slots=True)
class Fitting:
    """An answer held against its schema: the value, and in sentences why it does not fit."""

    value: Any
    faults: tuple[str, ...] = ()


def strict_faults(schema: Mapping[str, Any]) -> list[str]:
    """What strict mode refuses in a schema, a sentence each, nearest to the root first."""
    faults = []
    if schema.get("type") != "object" or "anyOf" in schema:
        faults.append("the schema must be of type object at its root, and no anyOf")
    places = list(_places(schema))
    for path, at, _ in places:
        faults += _faults_at(path, at)
    return [*faults, *_sizes(places)]


def fitting(text: str, schema: Mapping[str, Any]) -> Fitting:
    """The value of an answer's text, and where it does not fit."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Fitting(None, (f"it is not JSON; it begins: {text[:80]!r}",))
    try:
        return Fitting(value, tuple(value_faults(schema, value, _SHOWN)))
    except ValueError as error:  # the schema refers outside itself: the server may know what it means
        return Fitting(value, (str(error),))


def strict_schemas(asked: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The schemas that a part of a request wants kept strictly, of answers and of functions, each with its place."""
    if isinstance(asked, list):
        yield from (found for number, one in enumerate(asked) for found in strict_schemas(one, (*path, number)))
    for key, value in _mapping(asked).items():
        if key in ("schema", "parameters"):
            if asked.get("strict") is True and _is_map(value):
                yield (*path, key), value
        else:
            yield from strict_schemas(value, (*path, key))


async def trusted(
    context: RunContext,
    answer: T,
    schema: Mapping[str, Any],
    text_of: Callable[[T], str],
    again: Callable[[T, str], Awaitable[T]] | None,
) -> T:
    """The answer with its data as `json_output`; one that does not fit is asked for once more by `again` (given what
    is wrong). Raises TaskFailure, with the answer in its outputs, when it does not fit."""
    found = fitting(text_of(answer), schema)
    if found.faults and again is not None:
        context.log("WARN", f"The answer does not fit the schema: {'; '.join(found.faults)}. Asking once more.")
        answer = await again(answer, _complaint(found.faults))
        found = fitting(text_of(answer), schema)
    if found.faults:
        raise misfit(found, answer.model_dump())
    return answer.model_copy(update={"json_output": found.value})


def misfit(found: Fitting, outputs: dict[str, object], otherwise: str = ", or set reask") -> TaskFailure:
    """Why the step fails although an answer came; the raw answer is kept with it. `otherwise`: what else may help."""
    joined = ", " if otherwise else ", or "
    return TaskFailure(
        f"The answer does not fit the schema: {'; '.join(found.faults)}. It is kept in the step's outputs. Say more "
        f"plainly in the prompt what is wanted{joined}choose a model that keeps to schemas{otherwise}.",
        outputs=outputs,
    )


def _complaint(faults: Sequence[str]) -> str:
    return (
        f"That answer does not fit the JSON schema: {'; '.join(faults)}. Answer again, with nothing but JSON that fits."
    )


def _places(schema: Mapping[str, Any]) -> Iterator[_Place]:
    """Every schema inside, with its path and how many objects are around it."""
    waiting: list[_Place] = [((), schema, 1)]
    while waiting:
        path, at, level = waiting.pop(0)
        yield path, at, level
        waiting += _inside(path, at, level)


def _inside(path: Path, at: Mapping[str, Any], level: int) -> Iterator[_Place]:
    for key in ("properties", "$defs", "definitions"):
        deeper = level + (key == "properties")
        yield from (
            ((*path, key, name), child, deeper) for name, child in _mapping(at.get(key)).items() if _is_map(child)
        )
    yield from (((*path, key), at[key], level) for key in ("items", "additionalProperties") if _is_map(at.get(key)))
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        choices = at[key] if isinstance(at.get(key), list) else ()
        yield from (((*path, key, number), child, level) for number, child in enumerate(choices) if _is_map(child))


def _faults_at(path: Path, at: Mapping[str, Any]) -> Iterator[str]:
    where = dotted(path) or "the schema"
    for key in _FORBIDDEN:
        if key in at:
            yield f"{where}: {key} is not allowed in strict mode; say it with properties and anyOf"
    if not _is_object(at):
        return
    if at.get("additionalProperties") is not False:
        yield f"{where}: additionalProperties must be false"
    missing = [name for name in _mapping(at.get("properties")) if name not in (at.get("required") or ())]
    if missing:
        yield (
            f"{where}: every property must be required; missing: {', '.join(missing)}. "
            'One that may be absent gets the type ["string", "null"], or of what it is'
        )


def _sizes(places: Sequence[_Place]) -> Iterator[str]:
    properties = [name for _, at, _ in places for name in _mapping(at.get("properties"))]
    values = [value for _, at, _ in places for value in at.get("enum") or ()]
    letters = sum(len(str(one)) for one in (*properties, *values))
    counted = (
        (len(properties), MOST_PROPERTIES, "properties"),
        (max(level for _, at, level in places if _is_object(at) or level == 1), MOST_LEVELS, "levels of nesting"),
        (len(values), MOST_ENUM_VALUES, "values in enums"),
        (letters, MOST_LETTERS, "letters in names and values"),
    )
    return (
        f"the schema has {number:,} {what}; at most {most:,} are allowed"
        for number, most, what in counted
        if number > most
    )


def _is_object(at: Mapping[str, Any]) -> bool:
    kind = at.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or (kind is None and "properties" in at)


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
