"""One execution's page: its steps in time, what was sent and answered, outputs, logs, and what a person can do."""
