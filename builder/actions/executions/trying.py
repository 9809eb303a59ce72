"""Trying an expression on an execution that ran or runs: what a task there would see, but never a secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.variables import variables
from builder.errors import NotFound
from builder.expressions import ExpressionError
from builder.runtime.evaluate import RuntimeLookups, given_here, render
from builder.runtime.masking import MASK, Masker
from builder.runtime.runner.keeping.plans import plan_of
from builder.store import births, executions
from builder.store.encryption import is_sealed

_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Tried:
    """What an expression gives, as text; or the sentence that says why it gives nothing."""

    result: str | None
    error: str = ""


class MaskedLookups(RuntimeLookups):
    """Reads what a task reads; a secret is only looked for, so that a wrong name is still an error."""

    def secret(self, key: str, namespace: str | None) -> str:
        super().secret(key, namespace)
        return MASK

    def decrypt(self, key: str, encrypted: str) -> str:
        raise ExpressionError("Nothing is decrypted here; only a running task may.")


def try_on_execution(execution_id: str, expressions: Sequence[str], run: str | None = None) -> list[Tried]:
    """Each as the task run (path or id) would render it, or the flow's outputs. Raises NotFound."""
    execution, _ = executions.load(execution_id)
    plan = plan_of(executions.sources([execution_id])[execution_id], execution.revision, execution.created_at)
    path = _path_of(execution, run) if run else None
    seen = variables(plan, masked(execution), path, **given_here())
    files_of = {execution.id, *filter(None, (execution.parent_id, execution.original_id))}
    lookups = MaskedLookups(execution.id, execution.namespace, files_of, Masker(), _CLOCK, list)
    return [_tried(one, seen, lookups) for one in expressions]


def try_with_flow(text: str, revision: int, inputs: Mapping[str, Any], expressions: Sequence[str]) -> list[Tried]:
    """Each as a run of this flow would render it before its first task. Raises InvalidFlow."""
    flow = births.checked(text).valid_flow
    lookups = MaskedLookups("", flow.namespace, (), Masker(), _CLOCK, list)
    resolved = births.resolve_inputs(flow, revision, inputs, _CLOCK.now()).values
    seen: dict[str, Any] = {
        "flow": {"id": flow.id, "namespace": flow.namespace, "revision": revision},
        "inputs": without_sealed(resolved), "vars": flow.variables, "labels": dict(flow.labels), **given_here(),
    }  # fmt: skip
    return [_tried(one, seen, lookups) for one in expressions]


def _tried(expression: str, seen: Mapping[str, Any], lookups: MaskedLookups) -> Tried:
    try:
        return Tried(str(render(expression, seen, lookups, _CLOCK, typed=False)))
    except ExpressionError as error:
        return Tried(None, error.message)


def masked(execution: Execution) -> Execution:
    """The execution with what is encrypted in its inputs and outputs masked."""
    runs = {
        path: run if run.outputs is None else replace(run, outputs=without_sealed(run.outputs))
        for path, run in execution.runs.items()
    }
    return replace(execution, inputs=without_sealed(execution.inputs), runs=runs)


def without_sealed(value: Any) -> Any:
    """A value with every encrypted part of it masked: nobody can do anything with the ciphertext."""
    if is_sealed(value):
        return MASK
    if isinstance(value, Mapping):
        return {key: without_sealed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_sealed(item) for item in value]
    return value


def _path_of(execution: Execution, name: str) -> str:
    for path, run in execution.runs.items():
        if name in (path, run.id):
            return path
    raise NotFound(f"Execution `{execution.id}` has no task run `{name}`.")
