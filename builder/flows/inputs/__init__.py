"""The inputs of a run: what was supplied, what defaults say, what depends on what; all faults at once."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Protocol

from builder.errors import BuilderError, Fault
from builder.expressions import ExpressionError, UndefinedVariable
from builder.flows.dialects.compat import NEWEST, Compat
from builder.flows.inputs.values import BadValue, as_text, choices, parse_value, received
from builder.flows.model import Input

ENCRYPTED_TYPE = "io.kestra.datatype:aes_encrypted"
"""The `type` of the map that stands for an encrypted value; `value` is the ciphertext."""

Render = Callable[[str, Mapping[str, Any]], Any]
"""Renders a template typed, with these variables added to the run's: a lone expression keeps its type."""

_EXPRESSION = re.compile(r"(\{\{.*?\}\})", re.DOTALL)

_LATER = frozenset({"execution", "taskrun", "task", "outputs", "trigger", "parent", "parents", "tasks"})
"""Names that only exist once the execution runs: a default that reads them stays as it is written."""


_KEPT = "kestra://"
_FOUND = ("nsfile://", "file://")


class Upload(Protocol):
    """A file that came with a request."""

    @property
    def name(self) -> str | None: ...
    def chunks(self) -> Iterator[bytes]: ...


KeepFile = Callable[[str, Upload], str]
"""Stores an upload for an input id and returns its kestra:// URI."""

FindFile = Callable[[str], "str | Upload"]
"""What an `nsfile://` or `file://` address stands for: an address that lasts, or a file to be kept with the run."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """`values` are nested by the dots of their ids; `disabled` inputs are left out of them. `choices` are those that
    an `expression` gave."""

    values: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    disabled: frozenset[str] = frozenset()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def resolve(
    inputs: Sequence[Input],
    supplied: Mapping[str, Any],
    *,
    render: Render,
    keep_file: KeepFile | None = None,
    find_file: FindFile | None = None,
    encrypt: Callable[[str], str] | None = None,
    compat: Compat = NEWEST,
    require: bool = True,
) -> Resolved:
    """The values of all inputs. `keep_file` None leaves uploads unstored (a validation without a run).

    `require` False: a required input that nobody gives is left out, as Kestra does for flow triggers and webhooks.
    """
    run = _Resolution(supplied, render, keep_file, find_file, encrypt, compat, require)
    for declared in in_order(inputs):
        run.take(declared)
    values: dict[str, Any] = {}
    for declared in inputs:
        if declared.id in run.kept:
            _put(values, declared.id, run.kept[declared.id])
    return Resolved(values, tuple(run.faults), frozenset(run.disabled), run.choices)


def in_order(inputs: Sequence[Input]) -> list[Input]:
    """Inputs with those they depend on before them, else as declared."""
    by_id = {declared.id: declared for declared in inputs}
    ordered: dict[str, Input] = {}

    def place(declared: Input, above: frozenset[str]) -> None:
        for needed in (*(declared.form.depends_on if declared.form else ()), *declared.depends_on):
            if needed in by_id and needed not in ordered and needed not in above:
                place(by_id[needed], above | {needed})
        ordered.setdefault(declared.id, declared)

    for declared in inputs:
        place(declared, frozenset({declared.id}))
    return list(ordered.values())


@dataclass(frozen=True, slots=True)
class _Raw:
    """A default that is kept as it is written: only the run can render it."""

    text: str


@dataclass
class _Resolution:
    """One resolution: what is kept (secrets encrypted), and what conditions may see (nothing encrypted)."""

    supplied: Mapping[str, Any]
    render: Render
    keep_file: KeepFile | None
    find_file: FindFile | None
    encrypt: Callable[[str], str] | None
    compat: Compat
    require: bool
    kept: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def take(self, declared: Input) -> None:
        if not self._enabled(declared):
            self.disabled.add(declared.id)
            return
        value = lookup(self.supplied, declared.id)
        try:
            properties = self._properties(declared)
            if value is None:
                value = self._default(declared, properties)
            if isinstance(value, _Raw):
                self.kept[declared.id] = self.seen[declared.id] = value.text
            elif value is not None or self.require or not declared.required:
                self._keep(declared, properties, value)
        except BadValue as error:
            shown = "******" if declared.type == "SECRET" and value is not None else received(_shown(value))
            message = f"Invalid input for `{declared.id}`, {error}, but received `{shown}`"
            self.faults.append(Fault((declared.id,), message))

    def _enabled(self, declared: Input) -> bool:
        form = declared.form
        if form and not self._holds(declared.id, form.depends_on, form.depends_on_condition):
            return False
        return self._holds(declared.id, declared.depends_on, declared.depends_on_condition)

    def _holds(self, asking: str, needed: Sequence[str], condition: str) -> bool:
        if any(name in self.disabled for name in needed):
            return False
        if not condition:
            return True
        visible: dict[str, Any] = {}
        for name in needed:
            _put(visible, name, self.seen.get(name))
        try:
            return self.render(condition, {"inputs": visible}) is True
        except BuilderError as error:
            message = f"Invalid input for `{asking}`, its dependsOn condition cannot be evaluated: {error.message}"
            self.faults.append(Fault((asking,), message))
            return False

    def _default(self, declared: Input, properties: Mapping[str, Any]) -> Any:
        if declared.has_defaults:
            return self._rendered(declared.defaults, whole=True)
        if declared.type == "BOOL":
            return False
        if declared.properties.get("autoSelectFirst"):
            first = choices(properties)
            return [first[0]] if first and declared.type == "MULTISELECT" else first[0] if first else None
        if declared.required and self.require:
            raise BadValue("missing required input")
        return None

    def _rendered(self, default: Any, *, whole: bool = False) -> Any:
        if isinstance(default, Mapping):
            return {key: self._rendered(item) for key, item in default.items()}
        if isinstance(default, list):
            return [self._rendered(item) for item in default]
        if not isinstance(default, str) or ("{{" not in default and "{%" not in default):
            return default
        raw = _Raw(default) if whole else default
        if self.compat.defaults_stay_raw:
            return raw
        try:
            return self._template(default)
        except UndefinedVariable as error:
            if error.name.partition(".")[0] in _LATER:
                return raw
            raise BadValue(f"its default cannot be rendered: {error.message}") from error
        except BuilderError as error:
            raise BadValue(f"its default cannot be rendered: {error.message}") from error

    def _template(self, template: str) -> Any:
        """A lone expression keeps its type; pieces of several types, which typed rendering refuses, become one text."""
        variables = {"inputs": self._visible()}
        try:
            return self.render(template, variables)
        except UndefinedVariable:
            raise
        except ExpressionError:
            pieces = [piece for piece in _EXPRESSION.split(template) if piece]
            if len(pieces) == 1 or "{%" in template:
                raise
            values = [self.render(piece, variables) for piece in pieces]
            return "".join("" if value is None else as_text(value) for value in values)

    def _visible(self) -> dict[str, Any]:
        visible: dict[str, Any] = {}
        for name, value in self.seen.items():
            _put(visible, name, value)
        return visible

    def _keep(self, declared: Input, properties: Mapping[str, Any], value: Any) -> None:
        if value is None:
            self.kept[declared.id] = self.seen[declared.id] = None
        elif declared.type == "FILE":
            self.kept[declared.id] = self.seen[declared.id] = self._file(declared, value)
        else:
            read = parse_value(declared.type, properties, value)
            self.seen[declared.id] = read
            self.kept[declared.id] = self._encrypted(read) if declared.type == "SECRET" else read

    def _properties(self, declared: Input) -> Mapping[str, Any]:
        expression = declared.properties.get("expression")
        if expression is None:
            return declared.properties
        try:
            found = self.render(expression, {"inputs": self._visible()})
        except BuilderError as error:
            raise BadValue(f"Cannot render 'expression'. Cause: {error.message}") from error
        if not isinstance(found, list):
            raise BadValue(f"Invalid expression result. Expected a list of strings, but received {received(found)}")
        values = [as_text(item) for item in found if item is not None]
        self.choices[declared.id] = tuple(values)
        return {**declared.properties, "values": values}

    def _encrypted(self, text: str) -> dict[str, str]:
        if self.encrypt is None:
            raise BadValue("a SECRET needs an encryption key: set MILLSTREAM_ENCRYPTION_KEY")
        return {"type": ENCRYPTED_TYPE, "value": self.encrypt(text)}

    def _file(self, declared: Input, value: Any) -> str:
        if isinstance(value, str) and value.startswith(_KEPT):
            return value
        if isinstance(value, str) and value.startswith(_FOUND) and self.find_file:
            try:
                value = self.find_file(value)
            except BuilderError as error:
                raise BadValue(error.message) from error
            if isinstance(value, str):
                return value
        if not hasattr(value, "chunks"):
            raise BadValue("Expected `FILE`: upload a file, or give the kestra:// or nsfile:// address of one")
        allowed = declared.properties.get("allowedFileExtensions") or ()
        name = PurePosixPath(value.name or "").name
        if allowed and not any(name.lower().endswith(str(ending).lower()) for ending in allowed):
            raise BadValue(f"its name must end with one of `[{', '.join(map(str, allowed))}]`")
        return self.keep_file(declared.id, value) if self.keep_file else f"kestra:///{name}"


def lookup(supplied: Mapping[str, Any], name: str) -> Any:
    """A supplied value by its dotted id, given flat (`a.b`) or nested; None when it is not there."""
    if name in supplied:
        return supplied[name]
    head, _, rest = name.partition(".")
    inner = supplied.get(head)
    return lookup(inner, rest) if rest and isinstance(inner, Mapping) else None


def without_files(inputs: Sequence[Input]) -> list[Input]:
    """The inputs with files optional: for a check of values where no upload can be given."""
    return [replace(declared, required=False) if declared.type == "FILE" else declared for declared in inputs]


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    *above, last = name.split(".")
    for part in above:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = values[part] = {}
        values = inner
    values[last] = value


def _shown(value: Any) -> Any:
    return (value.name or "") if hasattr(value, "chunks") else value
