"""Filters on lists and maps."""

from collections.abc import Mapping
from functools import cmp_to_key
from typing import Any

from builder.expressions.evaluation import operators
from builder.expressions.evaluation.arguments import items, mapping, text, whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import filter_
from builder.expressions.values import is_list, json_text


@filter_(
    "length",
    "The number of characters, items or entries; 0 for other values.",
    "{{ [1, 2, 3] | length }}",
    "3",
    takes_null=True,
)
def length(session: Session, value: Any) -> int:
    if value is None:
        return 0
    return len(value) if isinstance(value, (str, Mapping)) or is_list(value) else 0


def _end(value: Any, place: int) -> Any:
    if isinstance(value, str):
        return value[place] if value else ""
    listed = list(value.values()) if isinstance(value, Mapping) else items(value, "The value")
    return listed[place] if listed else None


@filter_("first", "The first item or character.", "{{ [1, 2, 3] | first }}", "1")
def first(session: Session, value: Any) -> Any:
    return _end(value, 0)


@filter_("last", "The last item or character.", "{{ [1, 2, 3] | last }}", "3")
def last(session: Session, value: Any) -> Any:
    return _end(value, -1)


@filter_("join", "The items as one text, with a separator between them.", "{{ [1, 2] | join(' and ') }}", "1 and 2")
def join(session: Session, value: Any, separator: Any = "") -> str:
    pieces, mark = [], text(session, separator)
    size, wide = 0, not mark.isascii()
    for item in items(value, "The value of join"):
        piece = "null" if item is None else text(session, item)
        size, wide = size + len(piece) + len(mark), wide or not piece.isascii()
        if size > session.budget.limits.output_bytes:
            session.budget.text(size)
        session.budget.step()
        pieces.append(piece)
    session.budget.text(size, wide=wide)
    return mark.join(pieces)


@filter_("slice", "A part of a text or list, from `fromIndex` up to but without `toIndex`.",
         "{{ 'abcdef' | slice(1, 3) }}", "bc")  # fmt: skip
def slice_(session: Session, value: Any, from_index: Any = 0, to_index: Any = None) -> Any:
    source = value if isinstance(value, str) else items(value, "The value of slice")
    start, stop = whole(from_index, "fromIndex"), len(source) if to_index is None else whole(to_index, "toIndex")
    if not 0 <= start <= stop <= len(source):
        raise ExpressionError(f"slice({start}, {stop}) is outside of the value, which has {len(source)} items")
    return source[start:stop]


@filter_("reverse", "The items (or characters) from the last to the first.", "{{ [1, 2, 3] | reverse }}", "[3,2,1]")
def reverse(session: Session, value: Any) -> Any:
    if isinstance(value, str):
        session.budget.text(len(value), wide=not value.isascii())
        return value[::-1]
    session.budget.items(len(items(value, "The value of reverse")))
    return list(value)[::-1]


def _sorted(session: Session, value: Any, *, backwards: bool) -> list[Any]:
    listed = items(value, "The value of sort")
    session.budget.items(len(listed))

    def order(left: Any, right: Any) -> int:
        session.budget.step()
        return 1 if operators.compare(">", left, right) else -1 if operators.compare("<", left, right) else 0

    return sorted(listed, key=cmp_to_key(order), reverse=backwards)


@filter_("sort", "The items from the smallest to the largest.", "{{ [3, 1, 2] | sort }}", "[1,2,3]")
def sort(session: Session, value: Any) -> list[Any]:
    return _sorted(session, value, backwards=False)


@filter_("rsort", "The items from the largest to the smallest.", "{{ [3, 1, 2] | rsort }}", "[3,2,1]")
def rsort(session: Session, value: Any) -> list[Any]:
    return _sorted(session, value, backwards=True)


@filter_("merge", "A list with the items of another, or a map with the entries of another.",
         "{{ [1, 2] | merge([3]) }}", "[1,2,3]", takes_null=True)  # fmt: skip
def merge(session: Session, value: Any, items_: Any) -> Any:
    if value is None or items_ is None:
        return _either(value, items_)
    if isinstance(value, Mapping):
        more = items_ if isinstance(items_, Mapping) else {text(session, key): key for key in items(items_, "Items")}
        session.budget.items(len(value) + len(more))
        return {**value, **more}
    base = items(value, "The value of merge")
    is_map = isinstance(items_, Mapping)
    added = [{key: entry} for key, entry in items_.items()] if is_map else items(items_, "The items")
    session.budget.items(len(base) + len(added))
    return base + added


def _either(value: Any, other: Any) -> Any:
    if value is None and other is None:
        raise ExpressionError("The two values to be merged are null")
    return other if value is None else value


@filter_("chunk", "A list of lists of at most `size` items.", "{{ [1, 2, 3] | chunk(2) }}", "[[1,2],[3]]")
def chunk(session: Session, value: Any, size: Any) -> list[list[Any]]:
    listed, width = items(value, "The value of chunk"), whole(size, "The size")
    if width < 1:
        raise ExpressionError("The size of a chunk is at least 1")
    session.budget.items(len(listed))
    session.budget.spend(72 * (len(listed) // width))
    return [listed[start : start + width] for start in range(0, len(listed), width)]


@filter_("flatten", "Lists inside the list opened, one level.", "{{ [1, [2, 3]] | flatten }}", "[1,2,3]")
def flatten(session: Session, value: Any) -> list[Any]:
    listed = items(value, "The value of flatten")
    session.budget.items(sum(len(item) if is_list(item) else 1 for item in listed))
    return [inner for item in listed for inner in (item if is_list(item) else [item])]


@filter_("distinct uniq", "Each item once, in the order of the first.", "{{ [1, 2, 1] | distinct }}", "[1,2]")
def distinct(session: Session, value: Any) -> list[Any]:
    listed = items(value, "The value of distinct")
    session.budget.items(len(listed))
    firsts: dict[str, Any] = {}
    for item in listed:
        firsts.setdefault(json_text(item, session.budget), item)
    return list(firsts.values())


@filter_("keys", "The keys of a map, or the places of a list.", '{{ {"a": 1, "b": 2} | keys }}', '["a","b"]')
def keys(session: Session, value: Any) -> list[Any]:
    listed = range(len(value)) if is_list(value) else mapping(value, "The value of keys")
    session.budget.items(len(listed))
    return list(listed)


@filter_("values", "The values of a map.", '{{ {"a": 1, "b": 2} | values }}', "[1,2]")
def values(session: Session, value: Any) -> list[Any]:
    session.budget.items(len(mapping(value, "The value of values")))
    return list(value.values())


@filter_("default", "Another value where the first is missing, null or empty.", "{{ missing | default('x') }}", "x",
         takes_null=True)  # fmt: skip
def default(session: Session, value: Any, default_: Any) -> Any:
    is_blank = value is None or (isinstance(value, str) and not value.strip())
    return default_ if is_blank or ((isinstance(value, Mapping) or is_list(value)) and not value) else value
