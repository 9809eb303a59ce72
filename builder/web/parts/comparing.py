"""Two texts beside each other: what one has, what the other has, and little of what both have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builder.flows.differences import Stretch, differences

AROUND = 3
"""So many equal lines are shown beside a difference."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of both: `kind` is "same", "changed", or "gap" (equal lines that are left out, `count` of them). A line
    that one of them lacks is None there."""

    kind: str
    left: str | None = None
    right: str | None = None
    left_line: int = 0
    right_line: int = 0
    count: int = 0


def compared(left: str, right: str) -> tuple[Row, ...]:
    """The rows of two texts; none where they are equal."""
    old, new = left.splitlines(), right.splitlines()
    if old == new:
        return ()
    return tuple(row for stretch in differences(old, new) for row in _rows(stretch, old, new))


def _rows(stretch: Stretch, old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    if stretch.same:
        yield from _same(stretch, old)
        return
    for step in range(max(stretch.end - stretch.start, stretch.new_end - stretch.new_start)):
        i, j = stretch.start + step, stretch.new_start + step
        left = old[i] if i < stretch.end else None
        right = new[j] if j < stretch.new_end else None
        yield Row("changed", left, right, i + 1, j + 1)


def _same(stretch: Stretch, old: Sequence[str]) -> Iterator[Row]:
    """The ends beside a difference, with a gap between."""
    first = 0 if stretch.start == 0 else AROUND
    last = 0 if stretch.end == len(old) else AROUND
    hidden = range(stretch.start + first, stretch.end - last)
    for i in range(stretch.start, stretch.end):
        if len(hidden) > 1 and i in hidden:
            if i == hidden.start:
                yield Row("gap", count=len(hidden))
            continue
        yield Row("same", old[i], old[i], i + 1, i + 1 - stretch.start + stretch.new_start)
