"""Cron, time zones and slots: when a schedule must fire. Pure: the time is handed in."""

from builder.schedule.cron import Cron, check_cron, check_zone, parse_cron
from builder.schedule.slots import Due, Recover, due

__all__ = ["Cron", "Due", "Recover", "check_cron", "check_zone", "due", "parse_cron"]
