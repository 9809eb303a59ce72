"""The inside of `decide`: a working copy, blocks of tasks, and what each event does. Pure."""
