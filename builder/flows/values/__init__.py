"""How the values of single input types are read; `builder.flows.inputs.values` is the face."""
