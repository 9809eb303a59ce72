"""Names that expressions read and the flow does not have: warnings, since a run may never come there."""

from collections.abc import Collection, Mapping
from typing import Any

from builder import expressions
from builder.errors import Path, Severity
from builder.flows.checks.findings import Findings
from builder.flows.checks.inputs import input_id
from builder.flows.checks.nearest import suggestion
from builder.flows.checks.tasks import TASK_LISTS
from builder.flows.checks.texts import report_inside, texts

_GUARDS = ("??", "defined", "default")
_PARTS = ("_split", "_items", "_merge")
_WORDS = {"inputs": "input", "vars": "variable", "outputs": "task"}


def check_references(findings: Findings, flow: Mapping[str, Any], task_ids: Collection[str]) -> None:
    """`inputs.x`, `vars.x` and `outputs.x` of all tasks and outputs; an expression with a fallback is left alone."""
    known = {"inputs": _input_roots(flow), "vars": _keys(flow.get("variables")), "outputs": task_ids}
    for key in (*TASK_LISTS, "listeners", "outputs", "concurrency"):
        for path, text in texts((key,), flow.get(key)):
            if not findings.takes(Severity.WARNING):
                return
            if "{" in text and not any(guard in text for guard in _GUARDS):
                _check_text(findings, path, text, known)


def _check_text(findings: Findings, path: Path, text: str, known: Mapping[str, Collection[str]]) -> None:
    for reference in expressions.references(text):
        if len(reference.path) < 2:
            continue
        root, name = str(reference.path[0]), reference.path[1]
        if not isinstance(name, str) or _is_known(root, name, known):
            continue
        if not findings.takes(Severity.WARNING):
            return
        message = f'{root}.{name} is not defined: the flow has no {_WORDS[root]} "{name}"'
        report_inside(
            findings,
            path,
            text,
            (reference.line, reference.column),
            message,
            suggestion(name, known[root]),
            Severity.WARNING,
        )


def _is_known(root: str, name: str, known: Mapping[str, Collection[str]]) -> bool:
    """Whether the flow has it, or it is none of ours; ForEachItem runs as three tasks named after itself."""
    if root not in known or name in known[root]:
        return True
    return root == "outputs" and any(name.endswith(part) and name.removesuffix(part) in known[root] for part in _PARTS)


def _input_roots(flow: Mapping[str, Any]) -> set[str]:
    declared = flow.get("inputs")
    items = declared if isinstance(declared, list) else []
    return {input_id(item).partition(".")[0] for item in items if isinstance(item, Mapping)}


def _keys(value: Any) -> set[str]:
    return set(value) if isinstance(value, Mapping) else set()
