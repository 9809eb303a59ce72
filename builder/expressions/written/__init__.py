"""Written forms of values other than JSON."""
