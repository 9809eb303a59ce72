"""Tasks in a process of their own, which can be ended at any moment and may not grow beyond a limit."""
