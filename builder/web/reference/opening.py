"""A new flow out of a type's example: the example in its place, with the inputs that it reads."""

import re
import textwrap
from collections.abc import Iterable

import yaml

from builder.flows.catalogue import Kind
from builder.tasks.api import UpstreamCondition
from builder.tasks.catalogue import Entry

_INPUT = re.compile(r"\binputs\.(\w+)")
_KINDS = {"amount": "INT", "priority": "INT", "send": "BOOL"}
"""The types of inputs that examples read; all others are text."""
_HELLO = """\
tasks:
  - id: hello
    type: io.kestra.plugin.core.log.Log
    message: Hello from Millstream
"""
_ON_TIME = """\
triggers:
  - id: morning
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * *"
    conditions:
"""
_ON_ANOTHER = """\
triggers:
  - id: after_another
    type: io.kestra.plugin.core.trigger.Flow
    conditions:
"""


def flow_text(entry: Entry, flow_id: str, namespace: str) -> str:
    """The text of a flow with this id that shows the type at work."""
    head = f"id: {flow_id}\nnamespace: {namespace}\n\n"
    if entry.kind is Kind.TRIGGER:
        given = yaml.safe_load(entry.example).get("inputs") or {}
        return f"{head}{_declared(given)}{_HELLO}\ntriggers:\n{_item(entry.example, 2)}"
    if entry.kind is Kind.CONDITION:
        trigger = _ON_ANOTHER if issubclass(entry.plugin, UpstreamCondition) else _ON_TIME
        return f"{head}{_HELLO}\n{trigger}{_item(entry.example, 6)}"
    return f"{head}{_declared(dict.fromkeys(_INPUT.findall(entry.example)))}tasks:\n{_item(entry.example, 2)}"


def _declared(names: Iterable[str]) -> str:
    lines = [f"  - id: {name}\n    type: {_KINDS.get(name, 'STRING')}\n" for name in names]
    return f"inputs:\n{''.join(lines)}\n" if lines else ""


def _item(example: str, depth: int) -> str:
    """The example as one item of a list, so far from the margin."""
    inner = textwrap.indent(example.strip(), " " * (depth + 2))
    return f"{' ' * depth}- {inner.lstrip()}\n"
