"""Parts of a drawing that are put together: above one another on one axis, or side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from builder.errors import Path

GAP = 28
"""Between two steps, from top to bottom; room for an edge."""
BESIDE = 20


@dataclass(frozen=True, slots=True)
class Box:
    """A place: of a node, whose `uid` it is."""

    uid: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Where edges come in and go out."""
        return self.x + self.width // 2

    def moved(self, right: int, down: int) -> "Box":
        return Box(self.uid, self.x + right, self.y + down, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Frame:
    """Around a block; `path` is where its task is written."""

    path: Path
    x: int
    y: int
    width: int
    height: int

    def moved(self, right: int, down: int) -> "Frame":
        return Frame(self.path, self.x + right, self.y + down, self.width, self.height)


@dataclass(slots=True)
class Piece:
    """What is drawn in a rectangle. `axis`: how far from its left edge the line from top to bottom runs.

    `quiet`: uids of those in rows of many, which get no edge of their own.
    """

    width: int
    height: int
    axis: int
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    quiet: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, box: Box) -> "Piece":
        """A box alone."""
        return cls(box.width, box.height, box.width // 2, [box])

    def take(self, other: "Piece", right: int, down: int) -> None:
        """Puts another piece into this one."""
        self.boxes += [box.moved(right, down) for box in other.boxes]
        self.frames += [frame.moved(right, down) for frame in other.frames]
        self.quiet |= other.quiet

    def padded(self, pad: int) -> "Piece":
        """With room at its left and right."""
        piece = Piece(self.width + 2 * pad, self.height, self.axis + pad)
        piece.take(self, pad, 0)
        return piece


def above_one_another(parts: Sequence[Piece], gap: int) -> Piece:
    """From top to bottom, all on one axis."""
    axis = max((part.axis for part in parts), default=0)
    width = axis + max((part.width - part.axis for part in parts), default=0)
    whole = Piece(width, 0, axis)
    for number, part in enumerate(parts):
        down = whole.height + (gap if number else 0)
        whole.take(part, axis - part.axis, down)
        whole.height = down + part.height
    return whole


def side_by_side(parts: Sequence[Piece], apart: Sequence[Piece] = ()) -> Piece:
    """From left to right; the axis is the middle of the first and last of `parts`, those `apart` do not move it."""
    whole = Piece(0, 0, 0)
    axes = []
    for number, part in enumerate((*parts, *apart)):
        right = whole.width + (BESIDE if number else 0)
        whole.take(part, right, 0)
        whole.width = right + part.width
        whole.height = max(whole.height, part.height)
        axes.append(right + part.axis)
    middle = axes[: len(parts)] or axes
    whole.axis = (middle[0] + middle[-1]) // 2 if middle else 0
    return whole
