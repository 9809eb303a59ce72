"""A flow as a graph, computed from its data alone: its steps, what follows what, and where each is drawn."""
