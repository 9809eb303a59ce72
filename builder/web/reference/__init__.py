"""The reference: a page for each type and one for expressions, made from the code itself, with a search over all."""
