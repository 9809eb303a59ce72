"""Every text of a flow: expressions that cannot be read, and keys that stand in the open."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from builder import expressions
from builder.errors import Path, Severity
from builder.flows.checks.findings import Findings
from builder.flows.checks.tasks import TASK_LISTS
from builder.flows.document import Document
from builder.flows.nodes import Node, Style

_RENDERED = (
    *TASK_LISTS,
    "listeners",
    "triggers",
    "outputs",
    "inputs",
    "pluginDefaults",
    "taskDefaults",
    "retry",
    "labels",
    "concurrency",
)
_NOT_RENDERED = frozenset({"description", "validator", "id", "type"})
_OPENINGS = ("{{", "{%", "{#")
_LOOKS_SECRET = re.compile(
    r"(?:\bsk-(?:proj-|ant-|svcacct-|or-)?[A-Za-z0-9_-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{30,}|\bxox[abprs]-[0-9A-Za-z-]{20,}|\bhf_[A-Za-z0-9]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----)"
)


def check_texts(findings: Findings, flow: Mapping[str, Any]) -> None:
    """Expressions are errors where they will be rendered, warnings in `variables` (read as they are)."""
    for key in _RENDERED:
        for path, text in texts((key,), {} if findings.is_full else flow.get(key)):
            _check_expression(findings, path, text, Severity.ERROR)
    for path, text in texts(("variables",), flow.get("variables")):
        _check_expression(findings, path, text, Severity.WARNING)
    for path, text in texts((), flow, everything=True):
        if _LOOKS_SECRET.search(text) and not findings.says("secret(", path):
            findings.warning(
                path,
                "the value looks like an API key: use secret()",
                "Store it under Secrets and write \"{{ secret('NAME') }}\" here.",
            )


def texts(path: Path, value: Any, *, everything: bool = False) -> Iterator[tuple[Path, str]]:
    """All texts in a value that are rendered (or simply all), each with its path."""
    waiting = [(path, value)]
    while waiting:
        place, found = waiting.pop()
        if isinstance(found, str):
            yield place, found
        elif isinstance(found, Mapping):
            rendered = [((*place, key), item) for key, item in found.items() if everything or _is_rendered(key, item)]
            waiting.extend(reversed(rendered))
        elif isinstance(found, list):
            waiting.extend(((*place, index), found[index]) for index in reversed(range(len(found))))


def _is_rendered(key: str, value: Any) -> bool:
    return key not in _NOT_RENDERED or not isinstance(value, str)


def _check_expression(findings: Findings, path: Path, text: str, severity: Severity) -> None:
    if not any(opening in text for opening in _OPENINGS):
        return
    for fault in expressions.check(text):
        weight = Severity.WARNING if fault.at_run else severity
        report_inside(findings, path, text, (fault.line, fault.column), fault.message, fault.hint, weight)


def report_inside(
    findings: Findings, path: Path, text: str, place: tuple[int, int], message: str, hint: str, severity: Severity
) -> None:
    """A problem at a line and column of a text's value, put where that stands in the document."""
    offset = _offset(findings.document, path, text, *place)
    if offset is None:
        findings.add(path, message, hint, severity)
    else:
        findings.add_at(path, offset, message, hint, severity)


def _offset(document: Document, path: Path, text: str, line: int, column: int) -> int | None:
    """Where a line and column of a text's value stand in the document; None when they cannot be told exactly."""
    node = document.node(path)
    if node is None or node.text != text or line < 1:
        return None
    if node.style is Style.LITERAL:
        return _in_block(document.text, node, line, column)
    if line == 1 and document.text[node.content : node.end].strip("'\"") == text:
        return node.content + (node.style is not Style.PLAIN) + column - 1
    return node.start


def _in_block(text: str, node: Node, line: int, column: int) -> int | None:
    rows = text[node.content : node.end].splitlines(keepends=True)
    if line >= len(rows):
        return None
    indent = min((len(row) - len(row.lstrip(" ")) for row in rows[1:] if row.strip()), default=0)
    return node.content + sum(map(len, rows[:line])) + indent + column - 1
