"""Durations that flow control was given, after rendering."""

from datetime import timedelta
from typing import Any

from builder.flows.durations import BadDuration, parse_duration
from builder.tasks.api import TaskFailure


def read_duration(rendered: Any) -> timedelta | None:
    """The duration, None when nothing was written; raises TaskFailure when it is not one."""
    if rendered is None or rendered == "":
        return None
    if isinstance(rendered, timedelta):
        return rendered
    try:
        return parse_duration(str(rendered))
    except BadDuration as error:
        raise TaskFailure(str(error)) from error
