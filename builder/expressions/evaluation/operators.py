"""What + - * / % ~ == < contains in .. do with values, as in Pebble."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from builder.expressions.faults import ExpressionError
from builder.expressions.limits import Budget
from builder.expressions.values import is_list, is_number, kind, text_of


def is_true(value: Any) -> bool:
    """The truth of a condition inside an expression."""
    if is_number(value):
        return bool(value != 0)
    return bool(value)


def equal(left: Any, right: Any, budget: Budget) -> bool:
    """Numbers by value; a text never equals a number, nor true 1."""
    budget.step()
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(equal(a, b, budget) for a, b in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key], budget) for key in left)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left.tzinfo is None) == (right.tzinfo is None) and left == right
    return bool(left == right)


def compare(operator: str, left: Any, right: Any) -> bool:
    """Numbers, texts and dates of one kind; with null always false."""
    if left is None or right is None:
        return False
    comparable = is_number(left) and is_number(right)
    for types in (str, datetime, timedelta, date, time):
        comparable = comparable or (isinstance(left, types) and isinstance(right, types))
    if comparable and isinstance(left, datetime) and isinstance(right, datetime):
        comparable = (left.tzinfo is None) == (right.tzinfo is None)
    if not comparable:
        raise ExpressionError(f"`{operator}` cannot compare {kind(left)} with {kind(right)}")
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def concat(left: Any, right: Any, budget: Budget) -> str:
    """`~`: both as text."""
    first, second = text_of(left, budget), text_of(right, budget)
    budget.text(len(first) + len(second), wide=not (first.isascii() and second.isascii()))
    return first + second


def add(left: Any, right: Any, budget: Budget) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return concat("null" if left is None else left, "null" if right is None else right, budget)
    if is_list(left):
        more = list(right) if is_list(right) else [right]
        budget.items(len(left) + len(more))
        return [*left, *more]
    return calculate("+", left, right, budget)


def subtract(left: Any, right: Any, budget: Budget) -> Any:
    if is_list(left):
        less = list(right) if is_list(right) else [right]
        return [item for item in left if not any(equal(item, other, budget) for other in less)]
    return calculate("-", left, right, budget)


def calculate(operator: str, left: Any, right: Any, budget: Budget) -> Any:
    """Integer with integer stays integer (and / cuts off), decimals win over floats."""
    if not (is_number(left) and is_number(right)):
        raise ExpressionError(f"`{operator}` needs two numbers, not {kind(left)} and {kind(right)}")
    if operator in "/%" and right == 0:
        raise ExpressionError("Division by zero")
    try:
        if isinstance(left, int) and isinstance(right, int):
            return _whole(operator, left, right, budget)
        if isinstance(left, Decimal) or isinstance(right, Decimal):
            return _decimal(operator, Decimal(str(left)), Decimal(str(right)))
        return _fractional(operator, float(left), float(right))
    except (OverflowError, Overflow, InvalidOperation, DivisionByZero):
        raise ExpressionError(f"The result of `{operator}` is too large") from None


def _whole(operator: str, left: int, right: int, budget: Budget) -> int:
    budget.integer(left.bit_length() + right.bit_length() if operator == "*" else max(left.bit_length(),
                   right.bit_length()))  # fmt: skip
    quotient = 0 if operator not in "/%" else abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    if operator in "/%":
        return quotient if operator == "/" else left - quotient * right
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _decimal(operator: str, left: Decimal, right: Decimal) -> Decimal:
    run: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
        "+": Decimal.__add__, "-": Decimal.__sub__, "*": Decimal.__mul__, "/": Decimal.__truediv__,
        "%": Decimal.__mod__,
    }  # fmt: skip
    return run[operator](left, right)


def _fractional(operator: str, left: float, right: float) -> float:
    if operator == "%":
        remainder = abs(left) % abs(right)
        return -remainder if left < 0 else remainder
    if operator == "/":
        return left / right
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def negative(value: Any) -> Any:
    if not is_number(value):
        raise ExpressionError(f"`-` needs a number, not {kind(value)}")
    return -value


def contains(holder: Any, wanted: Any, budget: Budget) -> bool:
    """A text in a text, an item in a list, a key in a map; a list of them means all of them."""
    if holder is None:
        return False
    if isinstance(holder, str):
        return ("null" if wanted is None else text_of(wanted, budget)) in holder
    if isinstance(holder, Mapping):
        return _all_in(wanted, lambda key: _is_key(holder, key, budget))
    if is_list(holder):
        return _all_in(wanted, lambda item: any(equal(item, each, budget) for each in holder))
    raise ExpressionError(f"`contains` needs a text, a list or a map, not {kind(holder)}")


def _all_in(wanted: Any, holds: Callable[[Any], bool]) -> bool:
    return all(map(holds, wanted)) if is_list(wanted) else holds(wanted)


def _is_key(holder: Mapping[Any, Any], key: Any, budget: Budget) -> bool:
    return text_of(key, budget) in holder


def is_in(wanted: Any, holder: Any, budget: Budget) -> bool:
    if is_list(holder):
        return any(equal(wanted, each, budget) for each in holder)
    return contains(holder, wanted, budget)


def is_one_of(wanted: Any, holder: Any, budget: Budget) -> bool:
    """`isIn`: the text of an item of a list, or of a key or value of a map; a text holds nothing."""
    if wanted is None or holder is None:
        return False
    mark = text_of(wanted, budget)
    if isinstance(holder, Mapping):
        return any(text_of(part, budget) == mark for entry in holder.items() for part in entry)
    return is_list(holder) and any(text_of(item, budget) == mark for item in holder)


def span(first: Any, last: Any, step: Any, budget: Budget) -> list[Any]:
    """All whole numbers (or letters) from `first` to `last`, both included."""
    if isinstance(first, str) and isinstance(last, str) and len(first) == len(last) == 1:
        return [chr(code) for code in span(ord(first), ord(last), step, budget)]
    for number in (first, last, step):
        if not is_number(number) or abs(number) > 2**63:
            raise ExpressionError(f"A range needs numbers of at most 64 bits, not {kind(number)}")
    first, last, step = int(first), int(last), int(step)
    if step == 0:
        raise ExpressionError("The step of a range cannot be 0")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    count = max(0, (numbers.stop - numbers.start) // step + 1)
    budget.items(count)
    return list(numbers)
