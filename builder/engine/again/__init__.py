"""What is done a second time: retries of a task or a flow, restarts, and replays. Pure."""
