"""One try of a task: what it is given, where it works, and what comes of it."""
