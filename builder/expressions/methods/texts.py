"""Methods of texts and numbers, as Java's String and Number have them; each is a filter or a cut, within the budget."""

from typing import Any

from builder.expressions.evaluation import operators
from builder.expressions.evaluation.arguments import made, only_text, text, whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.filters import patterns, texts
from builder.expressions.registry import method


@method("value.equals", "The same as ==.", "{{ 'a'.equals('a') }}", "true")
def equals(session: Session, value: Any, other: Any) -> bool:
    return operators.equal(value, other, session.budget)


@method("value.toString", "The value as its text.", "{{ 42.toString() ~ '!' }}", "42!")
def to_string(session: Session, value: Any) -> str:
    return text(session, value)


@method("value.compareTo", "Below 0, 0 or above 0: which of two comes first.", "{{ 2.compareTo(1) }}", "1")
def compare_to(session: Session, value: Any, other: Any) -> int:
    return operators.compare(">", value, other) - operators.compare("<", value, other)


@method("number.intValue number.longValue", "The number without its fraction.", "{{ 2.7.intValue() }}", "2")
def int_value(session: Session, value: Any) -> int:
    return int(value)


@method("number.doubleValue", "The number as a fraction.", "{{ 2.doubleValue() }}", "2.0")
def double_value(session: Session, value: Any) -> float:
    return float(value)


@method("text.length", "The number of characters.", "{{ 'abc'.length() }}", "3")
def length(session: Session, value: str) -> int:
    return len(value)


@method("text.isEmpty", "Whether there is no character.", "{{ ''.isEmpty() }}", "true")
def is_empty(session: Session, value: str) -> bool:
    return not value


@method("text.isBlank", "Whether there is nothing but white space.", "{{ ' '.isBlank() }}", "true")
def is_blank(session: Session, value: str) -> bool:
    return not value.strip()


@method("text.toUpperCase", "The same as the filter upper.", "{{ 'a'.toUpperCase() }}", "A")
def to_upper_case(session: Session, value: str) -> str:
    return texts.upper(session, value)  # type: ignore[no-any-return]


@method("text.toLowerCase", "The same as the filter lower.", "{{ 'A'.toLowerCase() }}", "a")
def to_lower_case(session: Session, value: str) -> str:
    return texts.lower(session, value)  # type: ignore[no-any-return]


@method("text.trim text.strip", "The same as the filter trim.", "{{ ' a '.trim() }}", "a")
def trim(session: Session, value: str) -> str:
    return made(session, value.strip())


@method("text.contains", "Whether the text holds another.", "{{ 'abc'.contains('b') }}", "true")
def contains(session: Session, value: str, other: Any) -> bool:
    return only_text(other, "The text") in value


@method("text.startsWith", "The same as the filter startsWith.", "{{ 'abc'.startsWith('a') }}", "true")
def starts_with(session: Session, value: str, prefix: Any) -> bool:
    return value.startswith(only_text(prefix, "The prefix"))


@method("text.endsWith", "The same as the filter endsWith.", "{{ 'abc'.endsWith('c') }}", "true")
def ends_with(session: Session, value: str, suffix: Any) -> bool:
    return value.endswith(only_text(suffix, "The suffix"))


@method("text.equalsIgnoreCase", "Whether both are the same but for capitals.",
        "{{ 'Ab'.equalsIgnoreCase('aB') }}", "true")  # fmt: skip
def equals_ignore_case(session: Session, value: str, other: Any) -> bool:
    session.budget.text(len(value))
    return isinstance(other, str) and value.lower() == other.lower()


@method("text.indexOf", "Where another text begins, from 0; -1 where it does not.", "{{ 'abcb'.indexOf('b') }}", "1")
def index_of(session: Session, value: str, other: Any) -> int:
    return value.find(only_text(other, "The text"))


@method("text.lastIndexOf", "Where another text begins for the last time; -1 where it does not.",
        "{{ 'abcb'.lastIndexOf('b') }}", "3")  # fmt: skip
def last_index_of(session: Session, value: str, other: Any) -> int:
    return value.rfind(only_text(other, "The text"))


@method("text.substring", "The text from `beginIndex` up to but without `endIndex`.",
        "{{ 'abcdef'.substring(1, 3) }}", "bc")  # fmt: skip
def substring(session: Session, value: str, begin_index: Any, end_index: Any = None) -> str:
    start, stop = whole(begin_index, "beginIndex"), len(value) if end_index is None else whole(end_index, "endIndex")
    if not 0 <= start <= stop <= len(value):
        raise ExpressionError(f"substring({start}, {stop}) is outside of the text, which has {len(value)} characters")
    return made(session, value[start:stop])


@method("text.charAt", "The character at a place, from 0.", "{{ 'abc'.charAt(1) }}", "b")
def char_at(session: Session, value: str, index: Any) -> str:
    place = whole(index, "The index")
    if not 0 <= place < len(value):
        raise ExpressionError(f"The text has no character {place}: it has {len(value)} characters")
    return value[place]


@method("text.concat", "Both texts, one after the other.", "{{ 'a'.concat('b') }}", "ab")
def concat(session: Session, value: str, other: Any) -> str:
    return operators.concat(value, only_text(other, "The text"), session.budget)


@method("text.repeat", "The text so many times.", "{{ 'ab'.repeat(3) }}", "ababab")
def repeat(session: Session, value: str, count: Any) -> str:
    times = whole(count, "The count")
    if times < 0:
        raise ExpressionError("A text cannot be repeated a negative number of times")
    session.budget.text(len(value) * times, wide=not value.isascii())
    return value * times


@method("text.replace", "Each occurrence of a text replaced.", "{{ 'a-b-c'.replace('-', '+') }}", "a+b+c")
def replace(session: Session, value: str, target: Any, replacement: Any) -> str:
    old, new = only_text(target, "The target"), only_text(replacement, "The replacement")
    return texts.replaced(session, value, old, new)


@method("text.replaceAll", "The same as the filter regexReplace.", "{{ 'a1b2'.replaceAll('[0-9]', '') }}", "ab")
def replace_all(session: Session, value: str, regex: Any, replacement: Any) -> str:
    return patterns.regex_replace(session, value, regex, replacement)  # type: ignore[no-any-return]


@method("text.matches", "Whether the whole text fits a regular expression.", "{{ 'a1'.matches('[a-z]') }}", "false")
def matches(session: Session, value: str, regex: Any) -> bool:
    return patterns.fits(session, value, regex)


@method("text.split", "The same as the filter split.", "{{ 'a, b'.split(', *') }}", '["a","b"]')
def split(session: Session, value: str, regex: Any, limit: Any = 0) -> list[str]:
    return patterns.split(session, value, regex, limit)  # type: ignore[no-any-return]
