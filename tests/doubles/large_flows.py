"""Flows as large as they get: many steps, one after another or in blocks inside blocks."""

import json
from typing import Any

RETURN = "io.kestra.plugin.core.debug.Return"
SEQUENTIAL = "io.kestra.plugin.core.flow.Sequential"


def flat_flow(steps: int = 500, id: str = "flat", namespace: str = "large") -> str:
    """Steps one after another."""
    head = f"id: {id}\nnamespace: {namespace}\ntasks:\n"
    return head + "".join(_step(number, "  ") for number in range(1, steps + 1))


def nested_flow(steps: int = 500, levels: int = 50, id: str = "nested", namespace: str = "large") -> str:
    """So many steps, blocks included; each block but the last holds the next one, after some steps of its own."""
    lines = [f"id: {id}\nnamespace: {namespace}\ntasks:\n"]
    runnable, number = steps - levels, 0
    for level in range(levels + 1):
        indent = "  " + "    " * level
        for _ in range(runnable // (levels + 1) + (level < runnable % (levels + 1))):
            number += 1
            lines.append(_step(number, indent))
        if level < levels:
            lines.append(f"{indent}- id: level_{level + 1}\n{indent}  type: {SEQUENTIAL}\n{indent}  tasks:\n")
    return "".join(lines)


def _step(number: int, indent: str) -> str:
    return f'{indent}- id: step_{number}\n{indent}  type: {RETURN}\n{indent}  format: "value {number}"\n'


def mixed_flow(levels: int = 50, id: str = "mixed", namespace: str = "large") -> str:
    """Blocks of every kind inside one another, and one step in the innermost."""
    task: dict[str, Any] = {"id": "innermost", "type": RETURN, "format": "reached"}
    for level in range(levels, 0, -1):
        task = {"id": f"level_{level}", **_block(level, task)}
    return f"id: {id}\nnamespace: {namespace}\ntasks: {json.dumps([task])}\n"


def _block(level: int, inside: dict[str, Any]) -> dict[str, Any]:
    flow = SEQUENTIAL.rpartition(".")[0]
    kinds: tuple[dict[str, Any], ...] = (
        {"type": "Sequential", "tasks": [inside]},
        {"type": "Parallel", "tasks": [inside]},
        {"type": "If", "condition": "{{ true }}", "then": [inside]},
        {"type": "ForEach", "values": [1], "tasks": [inside]},
        {"type": "Switch", "value": "a", "cases": {"a": [inside]}},
        {"type": "Dag", "tasks": [{"task": inside}]},
        {"type": "AllowFailure", "tasks": [inside]},
    )
    block = kinds[level % len(kinds)]
    return {**block, "type": f"{flow}.{block['type']}"}
