"""The expressions that a form offers for insertion: inputs, variables and what earlier steps give."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from builder.errors import Path
from builder.flows.edit.intent import value_at
from builder.tasks.catalogue import Catalogue
from builder.web.editor.steps.outline import Branch, walk

MOST = 24
_OUTPUTS_SHOWN = 3
_OWN_STEP = "<id>"
_READABLE = {"choices": "choices[0].message.content"}
"""Where the answer is, in outputs that only hold it deeper."""
_DULL = frozenset({"id", "object", "created", "model", "uri", "headers", "encryptedBody"})


def chips(data: Mapping[str, Any], branches: Sequence[Branch], path: Path, catalogue: Catalogue) -> list[str]:
    """Expressions without their braces, the likeliest first."""
    if path[:1] == ("inputs",):
        return []
    if path[:1] == ("triggers",):
        return _given_by(value_at(data, path), catalogue)
    given = [*_inputs(data), *_outputs(data, branches, path, catalogue)]
    return [*given, *_variables(data), *_triggers(data, path, catalogue)][:MOST]


def _given_by(trigger: Any, catalogue: Catalogue) -> list[str]:
    """What expressions in a trigger can read of what started it."""
    written = trigger.get("type") if isinstance(trigger, Mapping) else ""
    return [f"trigger.{name}" for name in _fields(str(written), catalogue)]


def _inputs(data: Mapping[str, Any]) -> Iterator[str]:
    for item in data.get("inputs") or () if isinstance(data.get("inputs"), list) else ():
        if isinstance(item, Mapping) and item.get("id"):
            yield _dotted("inputs", item["id"])


def _variables(data: Mapping[str, Any]) -> Iterator[str]:
    names = data.get("variables")
    yield from (_dotted("vars", name) for name in (names if isinstance(names, Mapping) else ()))


def _triggers(data: Mapping[str, Any], path: Path, catalogue: Catalogue) -> Iterator[str]:
    written = data.get("triggers")
    if path:
        yield from dict.fromkeys(
            name for one in (written if isinstance(written, list) else ()) for name in _given_by(one, catalogue)
        )


def _outputs(data: Mapping[str, Any], branches: Sequence[Branch], path: Path, catalogue: Catalogue) -> Iterator[str]:
    """Of the steps above the chosen one, the nearest first."""
    if not path:
        return
    earlier = []
    for step in walk([branch for branch in branches if branch.kind == "task"]):
        if step.path == path:
            break
        if step.path != path[: len(step.path)]:
            earlier.append(step)
    for step in reversed(earlier):
        written = value_at(data, step.path)
        for name in _fields(str(written.get("type") if isinstance(written, Mapping) else ""), catalogue):
            if name.startswith(_OWN_STEP):
                yield f"outputs.{step.id}{name.removeprefix(_OWN_STEP)}"
            else:
                yield f"{_dotted('outputs', step.id)}.{name}"


def _fields(type_name: str, catalogue: Catalogue) -> list[str]:
    entry = catalogue.find(type_name)
    model = entry.plugin.declared_outputs() if entry is not None else None
    names = [field.alias or name for name, field in model.model_fields.items()] if model else []
    names.sort(key=lambda name: name in _DULL)
    return [_READABLE.get(name, name) for name in names[:_OUTPUTS_SHOWN]]


def _dotted(root: str, name: object) -> str:
    text = str(name)
    return f"{root}.{text}" if text.replace("_", "").isalnum() else f"{root}['{text}']"
