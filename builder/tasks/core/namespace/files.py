"""What the tasks on files of namespaces have in common."""

import json
from typing import Annotated, Any

from builder.tasks.api import Field, Form, KestraTask, TaskFailure, is_chosen_file

Globs = Annotated[Any, Form("textarea")]
"""One glob, a list of them, or an expression that gives one of the two."""


class NamespaceTask(KestraTask):
    """A task on the files of a namespace."""

    category = "Files of a namespace"

    namespace: Annotated[str | None, Form(placeholder="the flow's own")] = Field(None, examples=["company.team"])
    """Whose files; the flow's own namespace when it is not set."""


def texts(value: Any, name: str) -> list[str]:
    """A text, a list of texts, or the JSON text of one. Raises TaskFailure."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise TaskFailure(f"{name} is not the JSON text of a list: {error}", retryable=False) from error
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise TaskFailure(f"{name} must be a path, a glob, or a list of them.", retryable=False)
    return found


def chosen(paths: list[str], globs: list[str]) -> list[str]:
    """The paths that fit one of the globs; a plain path is one too, and the name of a folder means all in it."""
    wanted = [*globs, *(f"{glob.rstrip('/')}/**" for glob in globs)]
    return [path for path in paths if is_chosen_file(path, wanted)]
