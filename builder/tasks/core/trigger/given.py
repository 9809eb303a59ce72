"""What triggers hand on as `trigger`, for those that have it in common."""

from builder.tasks.api import Outputs


class Times(Outputs):
    """Dates with the offset of the schedule's time zone, such as 2026-12-24T09:00:00+01:00."""

    date: str
    """The time that the execution stands for."""
    next: str
    """The time after it; absent after the last one."""
    previous: str
    """The time before it; absent at the first one."""
