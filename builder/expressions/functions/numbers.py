"""Functions that make numbers, ranges and names."""

import secrets
import uuid as uuids
from datetime import UTC, datetime
from typing import Any

from builder.expressions.evaluation import operators
from builder.expressions.evaluation.arguments import only_text, whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import function
from builder.expressions.values import is_list

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 22


def _chosen(operator: str, arguments: tuple[Any, ...], session: Session) -> Any:
    """Nulls are passed over; of nothing else it is null."""
    best = None
    for item in arguments[0] if len(arguments) == 1 and is_list(arguments[0]) else arguments:
        session.budget.step()
        best = item if best is None or operators.compare(operator, item, best) else best
    return best


@function("max", "The largest of the values.", "{{ max(3, 7, 5) }}", "7")
def max_(session: Session, *values: Any) -> Any:
    return _chosen(">", values, session)


@function("min", "The smallest of the values.", "{{ min(3, 7, 5) }}", "3")
def min_(session: Session, *values: Any) -> Any:
    return _chosen("<", values, session)


@function("range", "All whole numbers (or letters) from start to end, both included.", "{{ range(1, 3) }}", "[1,2,3]")
def range_(session: Session, start: Any, end: Any, increment: Any = 1) -> list[Any]:
    return operators.span(start, end, increment, session.budget)


@function("randomInt", "A random whole number from lower up to but without upper.", "{{ randomInt(1, 10) }}", None)
def random_int(session: Session, lower: Any, upper: Any) -> int:
    low, high = whole(lower, "lower"), whole(upper, "upper")
    if high < low:
        raise ExpressionError("In randomInt, upper must not be less than lower")
    return low if low == high else low + secrets.randbelow(high - low)


@function("randomPort", "A number that can be a port, from 1024.", "{{ randomPort() }}", None)
def random_port(session: Session) -> int:
    return 1024 + secrets.randbelow(64512)


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(_ID_LENGTH, "0")


@function("uuid", "A new UUID; later ones sort after earlier ones.", "{{ uuid() }}", None)
def uuid(session: Session) -> str:
    """Version 7: 48 bits of milliseconds, then chance."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    bits = (milliseconds << 80 | 7 << 76 | secrets.randbits(76)) & ~(3 << 62) | 2 << 62
    return str(uuids.UUID(int=bits))


@function("id", "A new unique name, as executions have it.", "{{ id() }}", None)
def id_(session: Session) -> str:
    return _base62(uuids.uuid4().int)


@function("ksuid", "A new unique name that sorts by time.", "{{ ksuid() }}", None)
def ksuid(session: Session) -> str:
    seconds = int(session.now.timestamp()) - 1_400_000_000
    return _base62((max(0, seconds) << 128) | secrets.randbits(128)).rjust(27, "0")[-27:]


@function("nanoId", "A new random name of so many characters.", "{{ nanoId(length=10) }}", None)
def nano_id(session: Session, length: Any = 21, alphabet: Any = _LETTERS + "_-") -> str:
    count, letters = whole(length, "The length"), only_text(alphabet, "The alphabet")
    if not (0 < count <= 1000 and letters):
        raise ExpressionError("nanoId makes names of 1 to 1,000 characters from an alphabet that is not empty")
    return "".join(secrets.choice(letters) for _ in range(count))
