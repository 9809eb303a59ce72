"""Drives executions: applies events, saves what changed, runs tasks, many side by side in one process."""
