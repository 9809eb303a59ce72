"""What comes back: texts put together from pieces, data held against a schema, pictures and sounds kept as files."""
