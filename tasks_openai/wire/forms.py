"""Calls that carry files: their parameters as the fields of a form."""

from collections.abc import Sequence
from dataclasses import replace

from tasks_openai.answers.media import Loaded
from tasks_openai.wire.exchange import Call


def form_of(call: Call, files: Sequence[tuple[str, Loaded]]) -> Call:
    """The same call with files; its parameters become the form's other fields."""
    parts = [(name, (file.name, file.content, file.kind)) for name, file in files]
    return replace(call, files=parts)
