"""Plans of flow texts, built once and kept, and what a runner needs of a claimed execution before it can go on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from builder.engine.plan import Plan, build_plan
from builder.engine.templates import NeedsTemplates
from builder.errors import BuilderError, InvalidFlow, NotFound, Problem
from builder.flows.model import Flow
from builder.runtime.files.family import Family, family_of
from builder.runtime.runner.keeping import shelf
from builder.store import births, encryption, flows, secrets
from builder.store.executions import Claim
from builder.tasks.catalogue import catalogue

_SECRET_NAMES = re.compile(r"""secret\(\s*(?:key\s*=\s*)?['"]([\w.\-]+)['"]""")


@dataclass(frozen=True, slots=True)
class Ready:
    """A claim with its plan. `problem`: why there is none. `inputs`: decrypted. `secrets`: what to mask.

    `sealed`: some outputs hold encrypted values.

    `files_of`: the executions whose files it may read.
    """

    claim: Claim
    plan: Plan | None
    problem: str
    inputs: Mapping[str, Any]
    secrets: tuple[str, ...]
    files_of: Family
    sealed: bool = False


def make_ready(claim: Claim) -> Ready:
    """Reads what belongs to a claim. Blocking."""
    execution = claim.execution
    inputs, hidden = encryption.opened(execution.inputs)
    named = _named_secrets(claim.source, execution.namespace)
    files_of = family_of(execution)
    try:
        plan = plan_of(claim.source, execution.revision, execution.created_at)
        claim = _with_stored(claim, files_of)
        claim, evaluated = _with_opened(claim)
    except BuilderError as error:
        return Ready(claim, None, f"The flow cannot be run: {error.message}", inputs, (), files_of)
    sealed = any(holds_sealed(run.outputs) for run in claim.execution.runs.values())
    return Ready(claim, plan, "", inputs, (*hidden, *named, *evaluated), files_of, sealed)


def _with_opened(claim: Claim) -> tuple[Claim, tuple[str, ...]]:
    """The claim with its variables and what its runs evaluated decrypted, and the texts that are secret therefore."""
    runs, hidden = dict(claim.execution.runs), list[str]()
    for path, run in runs.items():
        if holds_sealed(run.evaluated) or encryption.is_sealed(run.value):
            (evaluated, value), found = encryption.opened((run.evaluated, run.value))
            runs[path] = replace(run, evaluated=evaluated, value=value)
            hidden.extend(found)
    variables, found = encryption.opened(claim.execution.variables)
    if not hidden and not found:
        return claim, ()
    return replace(claim, execution=replace(claim.execution, runs=runs, variables=variables)), (*hidden, *found)


def _with_stored(claim: Claim, files_of: Family) -> Claim:
    """The claim with the outputs that are kept in files."""
    runs = claim.execution.runs
    stored = {path: run for path, run in runs.items() if shelf.holds_stored(run.outputs)}
    if not stored:
        return claim
    read = {path: replace(run, outputs=shelf.fetched(run.outputs or {}, files_of)) for path, run in stored.items()}
    return replace(claim, execution=replace(claim.execution, runs={**runs, **read}))


def holds_sealed(value: Any) -> bool:
    """Whether a value, or a part of it, is encrypted."""
    if encryption.is_sealed(value):
        return True
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(holds_sealed(part) for part in parts)


def plan_of(source: str, revision: int, at: datetime | None = None) -> Plan:
    """The plan of a flow's text, with its templates as they were at a time: so an execution keeps the ones it began
    with. Raises InvalidFlow."""
    try:
        return _plan_alone(source, revision)
    except NeedsTemplates:
        flow = births.checked(source).valid_flow
        return build_plan(flow, revision, catalogue().task_class, lambda namespace, id: _template(namespace, id, at))


@lru_cache(maxsize=256)
def _plan_alone(source: str, revision: int) -> Plan:
    return build_plan(births.checked(source).valid_flow, revision, catalogue().task_class)


def _template(namespace: str, flow_id: str, at: datetime | None) -> Flow:
    try:
        return births.checked(flows.source_at(namespace, flow_id, at)).valid_flow
    except NotFound as error:
        message = f"Unable to find template '{namespace}.{flow_id}': {error.message}"
        raise InvalidFlow([Problem((), 0, 0, message)]) from error


def _named_secrets(source: str, namespace: str) -> list[str]:
    """The values of the secrets that the text names, so that they are masked even where another step used them."""
    found = []
    for name in set(_SECRET_NAMES.findall(source)):
        try:
            found.append(secrets.value(name, namespace))
        except BuilderError:  # the step that needs it will say so
            continue
    return found
