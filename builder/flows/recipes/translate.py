"""A recipe's text becomes a flow's text; what has no counterpart is said with its line and stays as a comment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from builder.errors import Path, Problem, Severity
from builder.flows.document import Document, parse
from builder.flows.limits import DEFAULT, Limits
from builder.flows.recipes import conditions, iterators, references, variables
from builder.flows.recipes.order import Circle, in_order, waits_for
from builder.flows.recipes.references import Untranslatable
from builder.flows.recipes.writing import Item, Line, comment, comments_above, joined, section, source_of

VERSION = "v1beta"
_TOP = ("version", "component", "variable", "output")
_COMPONENT = ("type", "task", "input", "setup", "condition", "description", "title", "metadata")
INSTILLS_OWN_KEY = "INSTILL_SECRET"


class Components(Protocol):
    """What a translation wants to know of the task types."""

    def has(self, type_name: str) -> bool:
        """Whether there is a task of this name."""
        ...

    def output_kind(self, type_name: str, path: Sequence[str | int]) -> tuple[str, str | None]:
        """The type of a flow output that holds this output of a task; of a list, also what is in it."""
        ...


@dataclass(frozen=True, slots=True)
class Translated:
    """`text` is empty when nothing could be made of the recipe. Errors among `problems` are what was left out;
    places are the recipe's."""

    text: str
    problems: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the flow does all that the recipe does."""
        return bool(self.text) and not any(one.severity is Severity.ERROR for one in self.problems)


def is_recipe(data: Any) -> bool:
    """Whether a YAML text's value is a recipe and no flow."""
    return isinstance(data, Mapping) and "tasks" not in data and ("component" in data or data.get("version") == VERSION)


def translate(
    text: str, components: Components, *, namespace: str, flow_id: str, limits: Limits = DEFAULT
) -> Translated:
    """The recipe as a flow of this id. Never raises for a bad recipe."""
    document = parse(text, limits)
    if document.problems or not isinstance(document.data, Mapping):
        return Translated("", tuple(document.problems) or (document.problem((), "this is no recipe: it is not a map"),))
    maker = _Maker(document, components)
    return Translated(maker.flow(namespace, flow_id), tuple(sorted(maker.problems, key=lambda one: one.line)))


def type_name(component: Mapping[str, Any]) -> str:
    """`openai` with TASK_TEXT_TO_IMAGE as instill.openai.TextToImage."""
    words = str(component.get("task") or "").removeprefix("TASK_").split("_")
    return f"instill.{component.get('type')}.{''.join(word.capitalize() for word in words)}"


class _Maker:
    """One translation."""

    def __init__(self, document: Document, components: Components) -> None:
        self.document, self._types = document, components
        self.problems: list[Problem] = []
        self._recipe: Mapping[str, Any] = document.data
        self._components = self._maps("component")
        self._variables = self._maps("variable")
        self._conditions: dict[str, list[str]] = {}
        self._left_out: set[str] = set()
        self._known: Mapping[str, Mapping[str, Any]] = self._components

    def flow(self, namespace: str, flow_id: str) -> str:
        """The flow's text; empty when there is no component to translate."""
        self._look_at_the_top()
        try:
            order = in_order(self._components)
        except Circle as circle:
            said = f"{' and '.join(circle.names)} wait for each other"
            self._say(("component", circle.names[0]), said if circle.names[1:] else f"{circle.names[0]} reads itself")
            return ""
        tasks = [self._task(name) for name in order]
        if not any(task.lines for task in tasks):
            self._say(("component",), "no component of this recipe can be translated")
            return ""
        inputs = [self._input(name) for name in variables.in_order(self._variables)]
        outputs = [self._output(name, one) for name, one in self._maps("output").items()]
        head = [*self._head(), f"id: {flow_id}", f"namespace: {namespace}", ""]
        sections = (section("inputs", inputs), section("tasks", tasks), section("outputs", outputs))
        return joined(("\n".join(head), *sections))

    def _maps(self, key: str) -> dict[str, Mapping[str, Any]]:
        """The entries of a part of the recipe that are maps; others are reported."""
        part = self._recipe.get(key)
        if not isinstance(part, Mapping):
            if part is not None:
                self._say((key,), f"{key} must be a map of names")
            return {}
        for name, one in part.items():
            if not isinstance(one, Mapping):
                self._say((key, name), f"{key} {name} must be a map")
        return {str(name): one for name, one in part.items() if isinstance(one, Mapping)}

    def _look_at_the_top(self) -> None:
        version = self._recipe.get("version")
        if version != VERSION:
            said = "the recipe names no version" if version is None else f"the version is {version}"
            self._say(("version",), f"{said}; it is read as {VERSION}", severity=Severity.WARNING)
        for key in self._recipe:
            if key not in _TOP:
                self._say((key,), f"{key} has no counterpart in a flow", "Add a trigger or inputs by hand.")
        if INSTILLS_OWN_KEY in {one.rpartition(".")[2] for one in references.found_in(self._recipe)}:
            self._say(
                ("component",), f"{INSTILLS_OWN_KEY} was Instill's own key for every service",
                "Keep your key as a secret of that name; where components ask different services, name one for each.",
                Severity.WARNING,
            )  # fmt: skip

    def _head(self) -> list[str]:
        first = next(iter(self._recipe))
        said = [line for key in self._recipe if key not in _TOP for line in self._as_comment((key,))]
        return [*comments_above(self.document, (first,)), *said]

    def _input(self, name: str) -> Item:
        path, one = ("variable", name), self._variables[name]
        comments = comments_above(self.document, path)
        for key in variables.unknown_keys(one):
            self._say((*path, key), f"{key} of the variable {name} has no counterpart in a flow")
            comments += self._as_comment((*path, key))
        if variables.kind_of(one) is None:
            self._say(
                path, f"the type of the variable {name} is not known; it became a text", severity=Severity.WARNING
            )
        return Item(comments, [Line(key, value) for key, value in variables.as_input(name, one).items()])

    def _task(self, name: str) -> Item:
        path, one = ("component", name), self._components[name]
        comments = comments_above(self.document, path)
        try:
            return Item(comments, self._task_lines(path, name, one))
        except Untranslatable as error:
            self._left_out.add(name)
            self._say(path, f"{name} is left out: {error}")
            return Item([*comments, *comment(f"{name} is left out: {error}"), *self._as_comment(path)])

    def _task_lines(self, path: Path, name: str, one: Mapping[str, Any]) -> list[Line]:
        self._needs_what_is_there(one)
        if one.get("type") == references.ITERATOR:
            return self._loop_lines(path, name, one)
        kind = type_name(one)
        if not self._types.has(kind):
            asked = f"{one.get('type')} with {one['task']}" if one.get("task") else f"{one.get('type')}"
            raise Untranslatable(f"there is no task here for {asked}")
        lines = [Line("id", name), Line("type", kind)]
        said = one.get("description") or one.get("title")
        if said:
            lines.append(Line("description", str(said)))
        wanted = self._wanted(name, one)
        if wanted:
            above = comments_above(self.document, (*path, "condition"))
            lines.append(Line("runIf", f"{{{{ {conditions.all_of(wanted)} }}}}", above))
        if one.get("setup") is not None:
            setup = self._value(one["setup"])
            lines.append(Line("setup", setup, comments_above(self.document, (*path, "setup"))))
        for key in one:
            if key not in _COMPONENT:
                self._say((*path, key), f"{key} of the component {name} has no counterpart in a flow")
                last = lines.pop()
                lines.append(Line(last.name, last.value, [*last.comments, *self._as_comment((*path, key))]))
        return lines + self._input_lines((*path, "input"), one.get("input") or {})

    def _input_lines(self, path: Path, given: Any) -> list[Line]:
        if not isinstance(given, Mapping):
            raise Untranslatable("its input is not a map")
        return [
            Line(str(key), self._value(value), comments_above(self.document, (*path, key)))
            for key, value in given.items()
        ]

    def _loop_lines(self, path: Path, name: str, one: Mapping[str, Any]) -> list[Line]:
        """An iterator over a list as a Loop; its components see its element, and what it gives is gathered."""
        inner = iterators.components(one, self._known is not self._components)
        lines = [Line("id", name), Line("type", iterators.LOOP)]
        wanted = self._wanted(name, one)
        lines += [Line("runIf", f"{{{{ {conditions.all_of(wanted)} }}}}")] if wanted else []
        lines.append(Line("values", self._value(one["input"]), comments_above(self.document, (*path, "input"))))
        outside, asked = self._known, dict(self._conditions)
        self._known = {**outside, **inner, name: {"type": references.IN_TURN}}
        try:
            tasks = [self._task_lines((*path, "component", each), each, inner[each]) for each in in_order(inner)]
            given = iterators.gathered(one)
            gathered = [self._gathered(each, value) for each, value in given.items()]
        finally:
            self._known, self._conditions = outside, {**asked, name: self._conditions.get(name, [])}
        lines.append(Line("tasks", [{line.name: line.value for line in task} for task in tasks]))
        return [*lines, Line("outputs", gathered)] if gathered else lines

    def _gathered(self, name: str, value: Any) -> dict[str, Any]:
        kind, item = self._output_kind(value)
        return {"id": name, "type": kind, **({"itemType": item} if item else {}), "value": self._value(value)}

    def _wanted(self, name: str, one: Mapping[str, Any]) -> list[str]:
        """The conditions under which a component runs: its own, and those of all it waits for, which skip it too."""
        if name not in self._conditions:
            before = [known for known in self._conditions if known in waits_for(one, self._known)]
            found = [condition for known in before for condition in self._conditions[known]]
            if one.get("condition"):
                found.append(conditions.expression(str(one["condition"]), self._known))
            self._conditions[name] = found
        return self._conditions[name]

    def _output(self, name: str, one: Mapping[str, Any]) -> Item:
        path = ("output", name)
        comments = comments_above(self.document, path)
        try:
            self._needs_what_is_there(one)
            value = self._value(one.get("value"))
            kind, item = self._output_kind(one.get("value"))
        except Untranslatable as error:
            self._say(path, f"the output {name} is left out: {error}")
            return Item([*comments, *comment(f"{name} is left out: {error}"), *self._as_comment(path)])
        lines = [Line("id", name), Line("type", kind)]
        lines += [Line("itemType", item)] if item else []
        lines += [Line("displayName", str(one["title"]))] if one.get("title") else []
        lines += [Line("description", str(one["description"]).strip())] if one.get("description") else []
        if any(self._conditions.get(known) for known in waits_for(one, self._components)):
            lines.append(Line("required", False))
        return Item(comments, [*lines, Line("value", value)])

    def _output_kind(self, value: Any) -> tuple[str, str | None]:
        text = references.lone(value)
        if text is None:
            return ("STRING", None) if isinstance(value, str) else ("JSON", None)
        reference = references.read(text, self._known)
        if reference.kind == "component":
            return self._types.output_kind(type_name(self._known[reference.name]), reference.path)
        if reference.kind == "iterator":
            return ("ARRAY", "JSON") if len(reference.path) == 1 else ("JSON", None)
        if reference.kind == "variable" and not reference.path:
            return variables.kind_of(self._variables.get(reference.name, {})) or ("STRING", None)
        return "STRING", None

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return references.in_flow(value, self._known)
        if isinstance(value, Mapping):
            return {key: self._value(part) for key, part in value.items()}
        return [self._value(part) for part in value] if isinstance(value, list) else value

    def _needs_what_is_there(self, one: Mapping[str, Any]) -> None:
        missing = sorted(waits_for(one, self._known) & self._left_out)
        if missing:
            raise Untranslatable(f"it reads {' and '.join(missing)}, which {'are' if missing[1:] else 'is'} left out")

    def _as_comment(self, path: Path) -> list[str]:
        return comment("\n".join(source_of(self.document, path)))

    def _say(self, path: Path, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        self.problems.append(self.document.problem(path, message, hint, key=True, severity=severity))
