"""A small catalogue of task, trigger and condition types for tests of the flow language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.errors import Fault, Path
from builder.flows.catalogue import Kind, TaskGroup
from builder.flows.checks.nearest import nearest, suggestion


@dataclass(frozen=True)
class FakeType:
    """A type with known and needed keys; `groups_of` names the keys that hold child tasks."""

    name: str
    kind: Kind = Kind.TASK
    known: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    groups_of: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    inputs_key: str = ""
    also: Callable[[Mapping[str, Any]], list[Fault]] | None = None

    only_runnable: bool = False

    @property
    def is_flow_control(self) -> bool:
        return bool(self.groups_of)

    def check(self, written: Mapping[str, Any]) -> list[Fault]:
        short = self.name.rpartition(".")[2]
        known = (
            "id",
            "type",
            "description",
            "disabled",
            "retry",
            "timeout",
            "runIf",
            "allowFailure",
            "conditions",
            "inputs",
            *self.known,
            *self.needed,
            *self.groups_of,
        )
        faults = [
            Fault((key,), f'{short} has no property "{key}"', suggestion(key, known))
            for key in written
            if key not in known and key != self.inputs_key
        ]
        faults += [Fault((key,), f"{short} needs {key}") for key in self.needed if key not in written]
        return faults + (self.also(written) if self.also else [])

    def groups(self, written: Mapping[str, Any]) -> list[TaskGroup]:
        return [
            TaskGroup(key, (key,), [((key, index), task) for index, task in enumerate(written[key])])
            for key in self.groups_of
            if isinstance(written.get(key), list)
        ]

    def inputs(self, written: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        declared = written.get(self.inputs_key)
        return [((self.inputs_key, index), item) for index, item in enumerate(declared or ())]


PREFIX = "io.kestra.plugin.core."
TYPES = (
    FakeType(PREFIX + "log.Log", needed=("message",), known=("level",), aliases=("io.kestra.core.tasks.log.Log",)),
    FakeType(PREFIX + "debug.Return", known=("format",)),
    FakeType(PREFIX + "http.Request", needed=("uri",), known=("method", "headers", "options")),
    FakeType(PREFIX + "flow.Sequential", groups_of=("tasks", "errors")),
    FakeType(PREFIX + "flow.Parallel", groups_of=("tasks", "errors")),
    FakeType(PREFIX + "flow.If", needed=("condition",), groups_of=("then", "else", "errors")),
    FakeType(PREFIX + "flow.Pause", known=("delay",), inputs_key="onResume"),
    FakeType(PREFIX + "flow.Subflow", needed=("namespace", "flowId"), known=("wait",)),
    FakeType(PREFIX + "trigger.Schedule", Kind.TRIGGER, needed=("cron",)),
    FakeType(PREFIX + "trigger.Webhook", Kind.TRIGGER, needed=("key",)),
    FakeType(PREFIX + "condition.Expression", Kind.CONDITION, needed=("expression",)),
)


class FakeCatalogue:
    """A `builder.flows.catalogue.Catalogue` of the types above."""

    def __init__(self, types: Sequence[FakeType] = TYPES) -> None:
        self.types = types
        self.by_name = {name: each for each in types for name in (each.name, *each.aliases)}

    def find(self, name: str) -> FakeType | None:
        return self.by_name.get(name)

    def nearest(self, name: str, kind: Kind) -> str | None:
        return nearest(name, [each.name for each in self.types if each.kind is kind])
