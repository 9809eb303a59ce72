"""Where the lines of two texts differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MOST_PAIRS = 400_000_000
"""Of lines that are held against each other (a bit of memory for each); what is longer differs as a whole."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines `start` to `end` of the old text became lines `new_start` to `new_end` of the new one, or stayed."""

    same: bool
    start: int
    end: int
    new_start: int
    new_end: int


def differences(old: Sequence[str], new: Sequence[str]) -> list[Stretch]:
    """All lines of both in order; stretches that stayed and stretches that differ take turns."""
    first, rest = _common(old, new)
    inner = list(_inside(old[first : len(old) - rest], new[first : len(new) - rest], first))
    head = [Stretch(True, 0, first, 0, first)] if first else []
    tail = [Stretch(True, len(old) - rest, len(old), len(new) - rest, len(new))] if rest else []
    return list(_joined([*head, *inner, *tail]))


def _common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning, and how many at the end."""
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    shorter -= first
    return first, next((at for at in range(shorter) if old[-1 - at] != new[-1 - at]), shorter)


def _inside(old: Sequence[str], new: Sequence[str], offset: int) -> Iterator[Stretch]:
    from rapidfuzz.distance import LCSseq  # few pages need it

    if len(old) * len(new) > _MOST_PAIRS:
        yield Stretch(False, offset, offset + len(old), offset, offset + len(new))
        return
    for code in LCSseq.opcodes(old, new):
        start, end, new_start, new_end = code.src_start, code.src_end, code.dest_start, code.dest_end
        yield Stretch(code.tag == "equal", offset + start, offset + end, offset + new_start, offset + new_end)


def _joined(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Neighbours of the same kind are one: an insertion and a removal at one place are a change."""
    held: Stretch | None = None
    for one in stretches:
        if held is not None and held.same == one.same:
            held = Stretch(held.same, held.start, one.end, held.new_start, one.new_end)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held
