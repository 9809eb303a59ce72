"""The steps of a flow beside the form: as a list, as a graph, and what can be added to them."""
