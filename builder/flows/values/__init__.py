"""How the values of single input types are read; `builder.flows.input_values` is the face."""
