"""Finds every task, trigger and condition type in the task packages, by name or alias.

Built-in types and plug-ins come in by the same door: a class in one of the packages that sets `type_name`.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

from builder.errors import BuilderError, Fault, NotFound, Path
from builder.flows.catalogue import Kind, TaskGroup
from builder.tasks import packages_in_use
from builder.tasks.base import Task
from builder.tasks.check import check_written
from builder.tasks.fields.form import FormField, fields_of, label_of
from builder.tasks.flow import FlowTask
from builder.tasks.plugin import Plugin

P = TypeVar("P", bound=Plugin)


class BrokenPackage(BuilderError):
    """A task package cannot be loaded, or two types claim one name."""


@dataclass(frozen=True)
class Entry:
    """One type as the flow language and the editor see it; a `builder.flows.catalogue.PluginType`."""

    plugin: type[Plugin]

    @property
    def name(self) -> str:
        return self.plugin.type_name

    @property
    def kind(self) -> Kind:
        return self.plugin.kind

    @property
    def title(self) -> str:
        return self.plugin.heading()

    @property
    def summary(self) -> str:
        return self.plugin.summary()

    @property
    def aliases(self) -> tuple[str, ...]:
        return self.plugin.aliases

    @property
    def deprecated(self) -> str:
        """What to use instead, for a type that is kept for old flows only."""
        return self.plugin.deprecated

    @property
    def deletes(self) -> str:
        """What a run of it deletes for good, in one sentence."""
        return self.plugin.deletes

    @property
    def example(self) -> str:
        return self.plugin.example.strip()

    @property
    def category(self) -> str:
        return self.plugin.category or label_of(self.plugin.family())

    @property
    def icon(self) -> str:
        return self.plugin.icon or self.plugin.family()

    @property
    def fields(self) -> tuple[FormField, ...]:
        return fields_of(self.plugin)

    def check(self, written: Mapping[str, Any]) -> list[Fault]:
        return check_written(self.plugin, written)

    def groups(self, written: Mapping[str, Any]) -> list[TaskGroup]:
        return self.plugin.groups_of(written)

    @property
    def is_flow_control(self) -> bool:
        return issubclass(self.plugin, FlowTask)

    @property
    def only_runnable(self) -> bool:
        return bool(getattr(self.plugin, "only_runnable", False))

    def inputs(self, written: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        return self.plugin.inputs_of(written)


class Catalogue:
    """All types of some packages. Immutable; share it."""

    def __init__(self, plugins: Sequence[type[Plugin]]) -> None:
        self._entries = tuple(sorted((Entry(plugin) for plugin in plugins), key=lambda entry: entry.name))
        self._by_name: dict[str, Entry] = {}
        for entry in self._entries:
            for name in (entry.name, *entry.plugin.aliases):
                other = self._by_name.setdefault(name, entry)
                if other is not entry:
                    modules = f"{entry.plugin.__module__} and {other.plugin.__module__}"
                    raise BrokenPackage(f"{modules} both name the type {name}.")

    def find(self, name: str) -> Entry | None:
        """The type of this name or alias."""
        return self._by_name.get(name)

    def nearest(self, name: str, kind: Kind) -> str | None:
        """The known name most like this one; the last part decides when the whole is far away."""
        names = {known.lower(): known for known, entry in self._by_name.items() if entry.kind is kind}
        whole = get_close_matches(name.lower(), names, n=1, cutoff=0.85)
        if whole:
            return names[whole[0]]
        shorts = {entry.plugin.short_name().lower(): entry.name for entry in self.all(kind)}
        short = get_close_matches(name.lower().rpartition(".")[2], shorts, n=1, cutoff=0.7)
        return shorts[short[0]] if short else None

    def all(self, kind: Kind | None = None) -> tuple[Entry, ...]:
        """The types of a kind (or all), by name."""
        return tuple(entry for entry in self._entries if kind is None or entry.kind is kind)

    def categories(self, kind: Kind) -> Mapping[str, tuple[Entry, ...]]:
        """The types that are offered for new flows, under their headings; old ones are left out."""
        found: dict[str, list[Entry]] = {}
        for entry in sorted(self.all(kind), key=lambda entry: (entry.category, entry.title)):
            if not entry.plugin.deprecated:
                found.setdefault(entry.category, []).append(entry)
        return {category: tuple(entries) for category, entries in found.items()}

    def task_class(self, name: str) -> type[Task]:
        """The class of a task type; raises NotFound."""
        return self._class(name, Task, Kind.TASK)

    def plugin_class(self, name: str, kind: Kind) -> type[Plugin]:
        """The class of any type; raises NotFound."""
        return self._class(name, Plugin, kind)

    def _class(self, name: str, base: type[P], kind: Kind) -> type[P]:
        entry = self.find(name)
        if entry is None or entry.kind is not kind or not issubclass(entry.plugin, base):
            near = self.nearest(name, kind)
            hint = f"; did you mean {near}?" if near else "."
            raise NotFound(f'There is no {kind} type "{name}"{hint}')
        return entry.plugin


def catalogue(packages: tuple[str, ...] | None = None) -> Catalogue:
    """The catalogue of these packages, or of those named at start-up; built once."""
    return _catalogue(packages or packages_in_use())


@cache
def _catalogue(packages: tuple[str, ...]) -> Catalogue:
    found: dict[type[Plugin], None] = {}
    for package in packages:
        for module in _modules(package):
            found.update(dict.fromkeys(_plugins_in(module)))
    return Catalogue(tuple(found))


def _modules(package: str) -> Iterator[ModuleType]:
    try:
        root = importlib.import_module(package)
        yield root
        for module in pkgutil.walk_packages(getattr(root, "__path__", ()), package + ".", onerror=_raise):
            yield importlib.import_module(module.name)
    except ImportError as error:
        raise BrokenPackage(f"The task package {package} cannot be loaded: {error}.") from error


def _raise(name: str) -> None:
    importlib.import_module(name)


def _plugins_in(module: ModuleType) -> Iterator[type[Plugin]]:
    for value in tuple(vars(module).values()):  # another thread may just be adding a part to a package
        if isinstance(value, type) and issubclass(value, Plugin) and value.__dict__.get("type_name"):
            yield value
