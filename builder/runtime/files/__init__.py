"""Files of executions and caches: where they are, who may read them, how they look."""
