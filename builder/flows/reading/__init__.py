"""From the characters of a YAML text to nodes and scalar values; `builder.flows.document` is the face."""
