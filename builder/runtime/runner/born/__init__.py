"""Executions that an execution starts, and what is read of their end."""
