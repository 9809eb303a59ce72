"""What goes on inside a block: lanes, turns, batches, children, and blocks that are done as a whole. Pure."""
