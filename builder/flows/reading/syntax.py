"""What the YAML parser's complaints mean to the person who wrote the text."""

import yaml

_MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a colon is not allowed here",
     "Put the value in quotes if it holds a colon, or check the indentation."),
    ("could not find expected ':'", "this line has no colon after its key",
     "Write key: value; a text of several lines needs a | after the colon."),
    ("cannot start any token", "this character cannot begin a value",
     "Put the value in quotes; indent with spaces, not tabs."),
    ("found a tab character", "a tab is used for indentation", "Indent with spaces."),
    ("did not find expected key", "the text does not fit what came before it",
     "Check the indentation of this line and the quotes of the line before."),
    ("did not find expected '-' indicator", "a list item was expected here",
     "Begin the line with a dash, indented like its neighbours."),
    ("did not find expected ',' or ']'", "the list [ ... ] is not closed", "Add a comma or a closing bracket ]."),
    ("did not find expected ',' or '}'", "the map { ... } is not closed",
     "Add a comma or a closing brace }; put a text that holds {{ }} in quotes."),
    ("did not find expected node content", "a value was expected here",
     "Put the value in quotes if it begins with a special character."),
    ("found unexpected end of stream", "the text ends inside a quoted text", "Close the quote."),
    ("block sequence entries are not allowed", "a list cannot begin here", "Put the dash on a line of its own."),
    ("found unknown escape character", "this backslash escape is not known",
     "Write \\\\ for a backslash, or use single quotes."),
    ("undefined tag handle", "the tag handle is not defined", "Remove the tag."),
    ("found undefined", "the tag handle is not defined", "Remove the tag."),
)


def explain(error: yaml.YAMLError) -> tuple[str, str]:
    """A message and a hint for a parser's error."""
    problem = str(getattr(error, "problem", None) or error)
    for known, message, hint in _MEANINGS:
        if known in problem:
            return f"not valid YAML: {message}", hint
    return f"not valid YAML: {problem}", "Check the indentation, the quotes and the brackets around this place."
