"""A flow made ready to run: a tree of nodes with their task classes, built once per revision and cached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from builder.flows.model import Flow
from builder.tasks.base import Task


@dataclass(frozen=True)
class Node:
    """One task of the flow. `properties`: as written, defaults merged. `groups`: child nodes by group name.

    `task`: its class; FlowTask subclasses are flow control, others are runnable.
    """

    id: str
    task: type[Task]
    properties: Mapping[str, Any]
    groups: Mapping[str, tuple["Node", ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A flow's nodes; disabled tasks are left out."""

    flow: Flow
    revision: int
    tasks: tuple[Node, ...]
    errors: tuple[Node, ...] = ()
    finally_: tuple[Node, ...] = ()
    by_id: Mapping[str, Node] = field(default_factory=dict)
