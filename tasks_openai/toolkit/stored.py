"""What the calls about stored things share: their outputs, the page of a list, and the word that one was deleted."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form
from tasks_openai.toolkit.tool import ToolOutputs

Limit = Annotated[int | None, Form(label="At most"), Field(ge=1, le=100)]
After = Annotated[str | None, Form(label="After")]


class ListAnswer(ToolOutputs):
    """One page of a list, as the API answers it."""

    data: list[Any]
    """The things in the list."""
    object: str = "list"
    """Always list."""
    first_id: str | None = None
    """The first one's id."""
    last_id: str | None = None
    """The last one's id; give it as `after` to get the next page."""
    has_more: bool = False
    """Whether there are more."""


class DeletedAnswer(ToolOutputs):
    """The word that something is gone."""

    id: str | None = None
    """What was deleted."""
    object: str | None = None
    """What kind of thing it was."""
    deleted: bool = True
    """Whether it is gone."""
