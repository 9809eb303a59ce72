"""Triggers that fire at times: their times, what fires them, backfills, and what people see of both."""
