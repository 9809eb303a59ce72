"""What a task's effects make of the labels and variables of its execution. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from builder.engine.execution import Execution
from builder.errors import TaskFailure
from builder.tasks.world.effects import Effect, LabelsAdded, VariablesSet, VariablesUnset

VARIABLES_LETTERS = 1_000_000
"""So long may an execution's variables be as JSON: they are kept with it, and read by each of its expressions."""
MOST_LABELS = 200


def changed_by(effect: Effect, execution: Execution, of_flow: Mapping[str, Any]) -> Execution:
    """The execution afterwards; `of_flow` are its flow's variables. Raises TaskFailure when it cannot be done."""
    match effect:
        case LabelsAdded(labels):
            return replace(execution, labels=_labelled(execution.labels, labels))
        case VariablesSet(variables, overwrite):
            return replace(execution, variables=_set(present(execution, of_flow), variables, overwrite))
        case VariablesUnset(names, ignore_missing):
            left = present(execution, of_flow)
            missing = []
            for name in names:
                left, found = _without(left, name.split("."))
                if not found:
                    missing.append(name)
            if missing and not ignore_missing:
                raise _failure(f"There are no variables {','.join(missing)}; `ignoreMissing: true` passes them over.")
            return replace(execution, variables=left)
    return execution


def present(execution: Execution, of_flow: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `vars` is: the flow's variables until a task of the execution changed them."""
    return of_flow if execution.variables is None else execution.variables


def _labelled(labels: tuple[tuple[str, str], ...], added: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    first: dict[str, str] = {}
    for key, value in labels:
        first.setdefault(key, value)
    merged = {**first, **added}
    if len(merged) > MOST_LABELS:
        raise _failure(f"The execution would have {len(merged)} labels; at most {MOST_LABELS} are kept.")
    return tuple(merged.items())


def _set(old: Mapping[str, Any], new: Mapping[str, Any], overwrite: bool) -> Mapping[str, Any]:
    there = [name for name in new if name in old]
    if there and not overwrite:
        raise _failure(f"`overwrite` is set to false and the following variables already exist: {','.join(there)}")
    merged = _merged(old, new)
    letters = len(json.dumps(merged, default=str))
    if letters > VARIABLES_LETTERS:
        raise _failure(
            f"The execution's variables would be {letters:,} letters long; at most {VARIABLES_LETTERS:,} are kept. "
            "Keep large values in outputs or files."
        )
    return merged


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(old)
    for name, value in new.items():
        before = found.get(name)
        deep = isinstance(before, Mapping) and isinstance(value, Mapping)
        found[name] = _merged(before or {}, value) if deep else value
    return found


def _without(variables: Mapping[str, Any], path: list[str]) -> tuple[Mapping[str, Any], bool]:
    """The variables without the one that the path leads to, and whether it was there."""
    name, rest = path[0], path[1:]
    if name not in variables:
        return variables, False
    if not rest:
        return {key: value for key, value in variables.items() if key != name}, True
    inner = variables[name]
    if not isinstance(inner, Mapping):
        return variables, False
    left, found = _without(inner, rest)
    return {**variables, name: left}, found


def _failure(message: str) -> TaskFailure:
    return TaskFailure(message, retryable=False)
