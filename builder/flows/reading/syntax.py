"""What the YAML parser's complaints mean to the person who wrote the text."""

from dataclasses import dataclass

import yaml

_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon is not allowed here",
        "Put the value in quotes if it holds a colon, or check the indentation.",
    ),
    (
        "could not find expected ':'",
        "this line has no colon after its key",
        "Write key: value; a text of several lines needs a | after the colon.",
    ),
    (
        "cannot start any token",
        "this character cannot begin a value",
        "Put the value in quotes; indent with spaces, not tabs.",
    ),
    ("found a tab character", "a tab is used for indentation", "Indent with spaces."),
    (
        "did not find expected key",
        "the text does not fit what came before it",
        "Check the indentation of this line and the quotes of the line before.",
    ),
    (
        "did not find expected '-' indicator",
        "a list item was expected here",
        "Begin the line with a dash, indented like its neighbours.",
    ),
    ("did not find expected ',' or ']'", "the list [ ... ] is not closed", "Add a comma or a closing bracket ]."),
    (
        "did not find expected ',' or '}'",
        "the map { ... } is not closed",
        "Add a comma or a closing brace }; put a text that holds {{ }} in quotes.",
    ),
    (
        "did not find expected node content",
        "a value was expected here",
        "Put the value in quotes if it begins with a special character.",
    ),
    ("block sequence entries are not allowed", "a list cannot begin here", "Put the dash on a line of its own."),
    (
        "found unknown escape character",
        "this backslash escape is not known",
        "Write \\\\ for a backslash, or use single quotes.",
    ),
    (
        "invalid Unicode character escape code",
        "this \\u escape is no character",
        "Write the character itself, or \\U with eight digits for one beyond \\uFFFF.",
    ),
    ("found incompatible YAML document", "the %YAML line names a version that cannot be read", "Remove the line."),
    ("undefined tag handle", "the tag handle is not defined", "Remove the tag."),
    ("found undefined", "the tag handle is not defined", "Remove the tag."),
)


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """`offset` counts characters of what was parsed; None when the parser does not say."""

    offset: int | None
    message: str
    hint: str


def explain(error: yaml.YAMLError, text: str) -> SyntaxFault:
    """What a parser's error means: at the opening of a quote that is never closed, else where the parser stopped."""
    problem = str(getattr(error, "problem", None) or error)
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    offset = mark.index if mark else None
    if "unexpected end of stream" in problem and opened:
        message = "not valid YAML: the quote that opens here is never closed"
        return SyntaxFault(opened.index, message, "Close the quote.")
    if "mapping values are not allowed" in problem and mark:
        above = _line_without_colon(text, mark.index)
        if above is not None:
            return SyntaxFault(above, "not valid YAML: this line has no colon after its key", "Write key: value.")
    if mark and text[mark.index : mark.index + 1] == "\t":
        return SyntaxFault(offset, "not valid YAML: a tab is used for indentation", "Indent with spaces.")
    for known, message, hint in _MEANINGS:
        if known in problem:
            where = f", opened in line {opened.line + 1}," if opened and "is not closed" in message else ""
            return SyntaxFault(offset, f"not valid YAML: {message.replace(' is not', where + ' is not')}", hint)
    return SyntaxFault(
        offset, f"not valid YAML: {problem}", "Check the indentation, the quotes and the brackets around this place."
    )


def _line_without_colon(text: str, offset: int) -> int | None:
    """The start of the line above when it lacks a colon and is indented alike: the key that the parser ran into."""
    start = text.rfind("\n", 0, offset) + 1
    above = text.rfind("\n", 0, start - 1) + 1 if start else 0
    line, own = text[above:start].rstrip(), text[start:]
    indent = len(line) - len(line.lstrip(" -"))
    if not start or not line.strip() or ":" in line or line.lstrip().startswith("#"):
        return None
    return above + indent if indent == len(own) - len(own.lstrip(" ")) else None
