"""What a running task reaches: its context, files, other executions, and what it may do to its own."""
