"""Two texts beside each other: what one has, what the other has, and little of what both have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

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
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(row for group in _groups(matcher, len(old)) for row in _rows(group, old, new))


Group = tuple[str, int, int, int, int]


def _groups(matcher: "SequenceMatcher[str]", size: int) -> Iterator[Group]:
    """What is equal is cut down to its ends, with a gap between."""
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        first, last = (0 if i == 0 else AROUND), (0 if i_end == size else AROUND)
        if tag != "equal" or i_end - i <= first + last + 1:
            yield tag, i, i_end, j, j_end
            continue
        yield "equal", i, i + first, j, j + first
        yield "gap", i + first, i_end - last, j + first, j_end - last
        yield "equal", i_end - last, i_end, j_end - last, j_end


def _rows(group: Group, old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    tag, i, i_end, j, j_end = group
    if tag == "gap":
        yield Row("gap", count=i_end - i)
        return
    kind = "same" if tag == "equal" else "changed"
    for step in range(max(i_end - i, j_end - j)):
        left = old[i + step] if i + step < i_end else None
        right = new[j + step] if j + step < j_end else None
        yield Row(kind, left, right, i + step + 1, j + step + 1)
