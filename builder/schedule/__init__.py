"""Cron, time zones and slots: when a schedule must fire. Pure: the time is handed in."""

from builder.schedule.cron import Cron, check_cron, check_zone, parse_cron
from builder.schedule.dates import Dates, Times, check_date, read_dates
from builder.schedule.slots import Due, Missed, Recover, due

__all__ = [
    "Cron",
    "Dates",
    "Due",
    "Missed",
    "Recover",
    "Times",
    "check_cron",
    "check_date",
    "check_zone",
    "due",
    "parse_cron",
    "read_dates",
]
