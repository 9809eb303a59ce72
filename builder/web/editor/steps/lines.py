"""The outline as a flat run of openings and closings: a template that called itself would be slow, and too deep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builder.web.editor.steps.outline import Branch, Step


@dataclass(frozen=True, slots=True)
class Line:
    """`does`: "begin" or "end" a list, begin a "step" or end it ("done"), begin a "branch" or end it ("merge");
    "places": where the step could have steps too."""

    does: str
    branch: Branch | None = None
    step: Step | None = None


def lines(branch: Branch) -> Iterator[Line]:
    """The list of a branch, with all that is inside."""
    yield Line("begin", branch)
    for step in branch.steps:
        yield Line("step", branch, step)
        yield from _inside(step.branches)
        if step.places:
            yield Line("places", branch, step)
        yield Line("done")
    yield Line("end", branch)


def _inside(branches: Sequence[Branch]) -> Iterator[Line]:
    for branch in branches:
        yield Line("branch", branch)
        yield from lines(branch)
        yield Line("merge")
