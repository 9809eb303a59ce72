"""The filters of `preconditions.where`: one comparison about an execution."""

from collections.abc import Callable
from typing import Any

import regex

from builder.errors import InvalidInput
from builder.expressions import UndefinedVariable, truthy
from builder.tasks.condition import Upstream
from builder.tasks.core.trigger.waiting import Filter

_REGEX_SECONDS = 1.0


def holds(written: Filter, execution: Upstream, render: Callable[[str], Any]) -> bool:
    """Whether it is true of the execution. Raises BuilderError when that cannot be told."""
    found = _found(written, execution, render)
    return _COMPARISONS[written.type](found, written)


def _found(written: Filter, execution: Upstream, render: Callable[[str], Any]) -> str | None:
    if written.field == "EXPRESSION":
        try:
            value = render(written.value or "")
        except UndefinedVariable:
            if written.type not in ("IS_NULL", "IS_NOT_NULL"):
                raise
            return None
        return None if value is None or value == "" else str(value)
    return {"FLOW_ID": execution.flow_id, "NAMESPACE": execution.namespace, "STATE": execution.state}[written.field]


def _among(found: str | None, written: Filter) -> bool:
    return found in (written.values if written.values is not None else [written.value])


def _matches(found: str | None, written: Filter) -> bool:
    try:
        return regex.fullmatch(written.value or "", found or "", timeout=_REGEX_SECONDS) is not None
    except (regex.error, TimeoutError) as error:
        raise InvalidInput(f"the pattern `{written.value}` cannot be used: {error}") from error


_COMPARISONS: dict[str, Callable[[str | None, Filter], bool]] = {
    "EQUAL_TO": lambda found, written: found == written.value,
    "NOT_EQUAL_TO": lambda found, written: found != written.value,
    "IN": _among,
    "NOT_IN": lambda found, written: not _among(found, written),
    "IS_TRUE": lambda found, written: truthy(found or ""),
    "IS_FALSE": lambda found, written: not truthy(found or ""),
    "IS_NULL": lambda found, written: found is None,
    "IS_NOT_NULL": lambda found, written: found is not None,
    "STARTS_WITH": lambda found, written: (found or "").startswith(written.value or ""),
    "ENDS_WITH": lambda found, written: (found or "").endswith(written.value or ""),
    "REGEX": _matches,
    "CONTAINS": lambda found, written: (written.value or "") in (found or ""),
}
