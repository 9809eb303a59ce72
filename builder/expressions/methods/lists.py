"""Methods of lists and maps, as Java's List and Map have them; none of them changes its value."""

from collections.abc import Mapping
from typing import Any

from builder.expressions.evaluation import operators
from builder.expressions.evaluation.arguments import items, text, whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.filters import lists
from builder.expressions.registry import method


@method("list.size map.size", "The number of items or entries.", "{{ [1, 2].size() }}", "2")
def size(session: Session, value: Any) -> int:
    return len(value)


@method("list.isEmpty map.isEmpty", "Whether there is none.", "{{ [].isEmpty() }}", "true")
def is_empty(session: Session, value: Any) -> bool:
    return not value


@method("list.get", "The item at a place, from 0.", "{{ ['a', 'b'].get(1) }}", "b")
def get(session: Session, value: Any, index: Any) -> Any:
    place = whole(index, "The index")
    if not 0 <= place < len(value):
        raise ExpressionError(f"The list has no item {place}: it has {len(value)} items")
    return list(value)[place]


@method("list.getFirst", "The first item.", "{{ [1, 2].getFirst() }}", "1")
def get_first(session: Session, value: Any) -> Any:
    return get(session, value, 0)


@method("list.getLast", "The last item.", "{{ [1, 2].getLast() }}", "2")
def get_last(session: Session, value: Any) -> Any:
    return get(session, value, max(0, len(value) - 1))


@method("list.contains", "Whether it holds an item.", "{{ [1, 2].contains(2) }}", "true")
def contains(session: Session, value: Any, item: Any) -> bool:
    return any(operators.equal(each, item, session.budget) for each in value)


@method("list.containsAll", "Whether it holds all items of another list.", "{{ [1, 2].containsAll([2, 1]) }}", "true")
def contains_all(session: Session, value: Any, other: Any) -> bool:
    return operators.contains(list(value), items(other, "The other list"), session.budget)


def _places(session: Session, value: Any, item: Any) -> list[int]:
    return [place for place, each in enumerate(value) if operators.equal(each, item, session.budget)]


@method("list.indexOf", "The place of an item, from 0; -1 where it is not.", "{{ [5, 6, 5].indexOf(5) }}", "0")
def index_of(session: Session, value: Any, item: Any) -> int:
    return next(iter(_places(session, value, item)), -1)


@method("list.lastIndexOf", "The last place of an item; -1 where it is not.", "{{ [5, 6, 5].lastIndexOf(5) }}", "2")
def last_index_of(session: Session, value: Any, item: Any) -> int:
    return next(reversed(_places(session, value, item)), -1)


@method("list.subList", "The items from `fromIndex` up to but without `toIndex`.",
        "{{ [1, 2, 3].subList(0, 2) }}", "[1,2]")  # fmt: skip
def sub_list(session: Session, value: Any, from_index: Any, to_index: Any) -> Any:
    return lists.slice_(session, list(value), from_index, to_index)


def _key(session: Session, value: Mapping[Any, Any], key: Any) -> Any:
    return key if isinstance(key, str) and key in value else text(session, key)


@method("map.get", "The value of a key; null without one.", "{{ {'a': 1}.get('a') }}", "1")
def get_value(session: Session, value: Mapping[Any, Any], key: Any) -> Any:
    return value.get(_key(session, value, key))


@method("map.getOrDefault", "The value of a key, or another value.", "{{ {'a': 1}.getOrDefault('b', 2) }}", "2")
def get_or_default(session: Session, value: Mapping[Any, Any], key: Any, default: Any) -> Any:
    return value.get(_key(session, value, key), default)


@method("map.containsKey", "Whether there is such a key.", "{{ {'a': 1}.containsKey('a') }}", "true")
def contains_key(session: Session, value: Mapping[Any, Any], key: Any) -> bool:
    return _key(session, value, key) in value


@method("map.containsValue", "Whether a key has this value.", "{{ {'a': 1}.containsValue(1) }}", "true")
def contains_value(session: Session, value: Mapping[Any, Any], item: Any) -> bool:
    return any(operators.equal(each, item, session.budget) for each in value.values())


@method("map.keySet", "The same as the filter keys.", "{{ {'a': 1}.keySet() }}", '["a"]')
def key_set(session: Session, value: Mapping[Any, Any]) -> list[Any]:
    return lists.keys(session, value)  # type: ignore[no-any-return]


@method("map.values", "The same as the filter values.", "{{ {'a': 1}.values() }}", "[1]")
def values(session: Session, value: Mapping[Any, Any]) -> list[Any]:
    return lists.values(session, value)  # type: ignore[no-any-return]


@method("map.entrySet", "The entries, each with key and value.", "{{ ({'a': 1}.entrySet() | first).value }}", "1")
def entry_set(session: Session, value: Mapping[Any, Any]) -> list[dict[str, Any]]:
    session.budget.items(len(value))
    return [{"key": key, "value": entry} for key, entry in value.items()]
