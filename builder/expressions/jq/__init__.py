"""jq programs, run in a child process that has no environment, no files and little memory."""

from builder.expressions.jq.process import run_jq

__all__ = ["run_jq"]
