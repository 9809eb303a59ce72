"""Turns pydantic's errors into faults: one sentence each, with the path as written in YAML."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from builder.errors import Fault, Path, dotted
from builder.tasks.fields.properties import WrongProperty, field_of, holds_template, yaml_names
from builder.tasks.fields.shapes import model_for

_STRUCTURAL = frozenset({"missing", "extra_forbidden"})


@dataclass(frozen=True, slots=True)
class _Placed:
    """An error with its path in what was written, and the union branch it came from (None outside unions)."""

    error: ErrorDetails
    path: Path
    branch: tuple[Path, str] | None
    model: type[BaseModel]
    sentence: str = ""


def faults_of(
    errors: Iterable[ErrorDetails],
    model: type[BaseModel],
    written: Mapping[str, Any],
    subject: str,
    *,
    excuse: bool = True,
) -> list[Fault]:
    """The faults behind pydantic's errors; with `excuse`, those of values that hold a template are left out."""
    placed = _settle([_place(error, model, written) for error in errors], excuse)
    misspelt = {(*one.path[:-1], _near(one)) for one in placed if one.error["type"] == "extra_forbidden"}
    return [_fault(one, subject) for one in placed if one.error["type"] != "missing" or one.path not in misspelt]


def _settle(placed: list[_Placed], excuse: bool) -> list[_Placed]:
    """Drops excused errors; a union passes when one branch has only excused ones, else its nearest branch speaks."""

    def counts(one: _Placed) -> bool:
        return not (excuse and _excused(one.error))

    kept = [one for one in placed if one.branch is None and counts(one)]
    unions: dict[Path, dict[str, list[_Placed]]] = {}
    for one in placed:
        if one.branch is not None:
            unions.setdefault(one.branch[0], {}).setdefault(one.branch[1], []).append(one)
    for branches in unions.values():
        left = [[one for one in errors if counts(one)] for errors in branches.values()]
        if left and all(left):
            kept += _nearest(left)
    return kept


def _excused(error: ErrorDetails) -> bool:
    """Whether the value, or the `type` that chooses a sub-model, is known only after rendering."""
    judged = error.get("ctx", {}).get("tag") if error["type"] == "union_tag_invalid" else error["input"]
    return error["type"] not in _STRUCTURAL and holds_template(judged)


def _nearest(branches: list[list[_Placed]]) -> list[_Placed]:
    """The errors of the branch that was meant: the one that got deepest; equal ones are joined by "or"."""
    deepest = max(max(len(one.path) for one in errors) for errors in branches)
    best = [errors for errors in branches if max(len(one.path) for one in errors) == deepest]
    if len(best) > 1 and all(len(errors) == 1 for errors in best):
        sentences = dict.fromkeys(_sentence(errors[0].error) for errors in best)
        return [replace(best[0][0], sentence=" or ".join(sentences).replace(" or must be", " or"))]
    return min(best, key=len)


def _place(error: ErrorDetails, model: type[BaseModel], written: Any) -> _Placed:
    path: list[str | int] = []
    branch: tuple[Path, str] | None = None
    here, owner = written, model
    for number, part in enumerate(error["loc"]):
        last = number == len(error["loc"]) - 1
        if _inside(here, part):
            path.append(part)
            here = here[part]
            owner = _model_at(owner, part, here)
        elif last and error["type"] in _STRUCTURAL:
            path.append(part)
        elif branch is None and not _is_tag(here, part):
            branch = (tuple(path), str(part))
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, WrongProperty):
        path += cause.path
    return _Placed(error, tuple(path), branch, owner)


def _inside(here: Any, part: Any) -> bool:
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)


def _is_tag(here: Any, part: Any) -> bool:
    """Whether the part names a chosen member of a discriminated union, which has only one branch."""
    return isinstance(here, Mapping) and part in here.values()


def _model_at(owner: type[BaseModel], part: str | int, value: Any) -> type[BaseModel]:
    if not isinstance(part, str) or not isinstance(value, Mapping | list | tuple):
        return owner
    found = field_of(owner, part)
    return (model_for(found[1].annotation, value) if found else None) or owner


def _fault(one: _Placed, subject: str) -> Fault:
    kind = one.error["type"]
    if kind == "missing":
        return Fault(one.path, f"{_owner(one.path, subject)} needs {_names(one.path, one.model)}")
    if kind == "extra_forbidden":
        return _unknown(one, subject)
    name = _full_name(one.path, one.model)
    near = _near_type(one.error) if kind == "union_tag_invalid" else ""
    if near:
        return Fault((*one.path, "type"), f"{name} knows no type {one.error['ctx']['tag']}", f"Did you mean {near}?")
    sentence = one.sentence or _sentence(one.error)
    if kind == "value_error":
        return Fault(one.path, f"{name}: {sentence}" if name else f"{subject}: {sentence}")
    return Fault(one.path, f"{name or subject} {sentence}")


def _unknown(one: _Placed, subject: str) -> Fault:
    near = _near(one)
    hint = f"Did you mean {near}?" if near else f"Known here: {', '.join(_known(one.model))}."
    return Fault(one.path, f'{_owner(one.path, subject)} has no property "{one.path[-1]}"', hint)


def _known(model: type[BaseModel]) -> list[str]:
    return sorted(name for field, info in model.model_fields.items() for name in yaml_names(field, info))


def _near(one: _Placed) -> str:
    """The known key most like an unknown one; "" when none is near."""
    bare = {_bare(name): name for name in _known(one.model)}
    near = get_close_matches(_bare(str(one.path[-1])), bare, n=1, cutoff=0.6)
    return bare[near[0]] if near else ""


def _near_type(error: ErrorDetails) -> str:
    """The known type most like an unknown one; "" when none is near."""
    context = error.get("ctx", {})
    known = _listed(str(context.get("expected_tags", ""))).split(", ")
    return next(iter(get_close_matches(str(context.get("tag")), known, n=1, cutoff=0.9)), "")


def _bare(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")


def _owner(path: Path, subject: str) -> str:
    return dotted(path[:-1]) or subject


def _names(path: Path, model: type[BaseModel]) -> str:
    """The last key with its other name: `maxAttempt (or maxAttempts)`."""
    key = str(path[-1])
    found = field_of(model, key)
    names = yaml_names(*found) if found else (key,)
    return key if len(names) == 1 else f"{names[-1]} (or {names[0]})"


def _full_name(path: Path, model: type[BaseModel]) -> str:
    if not path or isinstance(path[-1], int):
        return dotted(path)
    parent = dotted(path[:-1])
    return f"{parent}.{_names(path, model)}" if parent else _names(path, model)


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error.get("ctx", {}).get("error", error["msg"]))
    known = _SENTENCES.get(error["type"])
    if known is None:
        return f"is not right: {error['msg'].lower()}"
    return known if isinstance(known, str) else known(error.get("ctx", {}))


def _least(context: Mapping[str, Any]) -> str:
    least = context["min_length"]
    return "may not be empty" if least == 1 else f"must have at least {least} {_units(context)}"


def _units(context: Mapping[str, Any]) -> str:
    return "entries" if "field_type" in context else "characters"


_WHOLE, _NUMBER, _TRUTH, _TEXT = (
    "must be a whole number",
    "must be a number",
    "must be true or false",
    "must be text",
)
_DURATION, _MOMENT = "must be a duration such as PT5M", "must be a date and time such as 2026-01-31T09:00:00Z"
_LIST, _MAP = "must be a list", "must be a map of names and values"
_SENTENCES: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "string_type": _TEXT,
    "secret_type": _TEXT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "dict_type": _MAP,
    "mapping_type": _MAP,
    "model_type": _MAP,
    "model_attributes_type": _MAP,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "date_type": _MOMENT,
    "date_parsing": _MOMENT,
    "literal_error": lambda context: f"must be one of {_listed(context['expected'])}",
    "enum": lambda context: f"must be one of {_listed(context['expected'])}",
    "union_tag_invalid": lambda context: f"must have a type out of {_listed(context['expected_tags'])}",
    "union_tag_not_found": "needs type",
    "greater_than": lambda context: f"must be more than {context['gt']}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "less_than": lambda context: f"must be less than {context['lt']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "string_too_short": _least,
    "too_short": _least,
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_long": lambda context: f"must have at most {context['max_length']} entries",
    "string_pattern_mismatch": lambda context: f"must match the pattern {context['pattern']}",
}


def _listed(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")
