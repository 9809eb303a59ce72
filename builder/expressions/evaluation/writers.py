"""Where the pieces of a rendering go: into one text, or into one value that keeps its type."""

from decimal import Decimal
from typing import Any

from builder.expressions.faults import ExpressionError
from builder.expressions.limits import Budget
from builder.expressions.values import is_list, text_of

_EMPTY = object()


class TextWriter:
    """All pieces as one text."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._pieces: list[str] = []
        self._length = 0

    def text(self, text: str) -> None:
        self._length += len(text)
        if self._length > self._budget.limits.output_bytes:
            self._budget.text(self._length)
        self._budget.spend(len(text))
        self._pieces.append(text)

    def value(self, value: Any) -> None:
        self.text(text_of(value, self._budget))

    def result(self) -> str:
        return "".join(self._pieces)


class TypedWriter:
    """A lone value as it is; several of one type added or joined, of different types refused."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._value: Any = _EMPTY
        self._blank = ""

    def text(self, text: str) -> None:
        if text.isspace() and not isinstance(self._value, str):
            self._blank += text
        else:
            self._add(text, "java.lang.Character" if len(text) == 1 else "java.lang.String")

    def value(self, value: Any) -> None:
        self._add(value, class_name(value))

    def _add(self, value: Any, added: str) -> None:
        if isinstance(value, str) and self._value is _EMPTY:
            value = self._blank + value
        if self._value is _EMPTY:
            self._value = value
        elif isinstance(self._value, str) and isinstance(value, str):
            self._budget.text(len(self._value) + len(value), wide=not (self._value.isascii() and value.isascii()))
            self._value += value
        elif type(self._value) is type(value) and isinstance(value, (int, float, Decimal)) and value is not True:
            self._value += value
        else:
            raise ExpressionError(f"Tried to add {added} to {class_name(self._value)}",
                                  hint="turn the parts into text with ~ or the filter string")  # fmt: skip

    def result(self) -> Any:
        if self._value is _EMPTY:
            return self._blank
        return self._value


def class_name(value: Any) -> str:
    """The name that Java has for a value's type, as Kestra prints it."""
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, int):
        sizes = ((31, "java.lang.Integer"), (63, "java.lang.Long"))
        return next((name for bits, name in sizes if -(2**bits) <= value < 2**bits), "java.math.BigInteger")
    names = {str: "java.lang.String", float: "java.lang.Double", Decimal: "java.math.BigDecimal",
             dict: "java.util.LinkedHashMap"}  # fmt: skip
    if type(value) in names:
        return names[type(value)]
    if is_list(value):
        return "java.util.ArrayList"
    return "java.time.ZonedDateTime" if hasattr(value, "tzinfo") else "java.lang.Object"
