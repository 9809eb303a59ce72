"""Executions: started, read, followed, moved, and what they left behind."""
