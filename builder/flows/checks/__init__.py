"""What makes a flow right or wrong, one module a part of it; `builder.flows.check` asks them all."""
