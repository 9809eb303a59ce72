"""From the tree of a template to its result: scopes, operators, the values of expressions, the run of tags."""
