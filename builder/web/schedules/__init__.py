"""Schedules and other triggers: a list with what runs next, a page for each, a calendar."""
