""" "Did you mean ...?" for keys, types and input kinds."""

import difflib
import string
from collections.abc import Collection, Iterable, Iterator, Set

_MANY = 60
"""Of more names than this only slips of one letter are found: comparing with each is dear."""
_LONGEST = 100
_LETTERS = string.ascii_letters + string.digits + "_-."


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one; None when nothing is near."""
    names = known if isinstance(known, Collection) else list(known)
    if len(names) > _MANY:
        return _one_letter_off(name, names if isinstance(names, Set) else frozenset(names))
    folded = {candidate.lower(): candidate for candidate in names}
    if name.lower() in folded:
        return folded[name.lower()]
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.65)
    return folded[found[0]] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known name, or all of them when they are few."""
    names = known if isinstance(known, Collection) else list(known)
    found = nearest(name, names)
    if found:
        return f"Did you mean {found}?"
    return f"Known here: {', '.join(sorted(names))}." if 0 < len(names) <= 20 else ""


def _one_letter_off(name: str, known: Collection[str]) -> str | None:
    if len(name) > _LONGEST:
        return None
    return next((slip for slip in (name.lower(), *_slips(name)) if slip in known), None)


def _slips(name: str) -> Iterator[str]:
    """The name with two letters swapped, one left out, one another, or one more."""
    parts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
    yield from (left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1)
    yield from (left + right[1:] for left, right in parts if right)
    yield from (left + letter + right[1:] for left, right in parts if right for letter in _LETTERS)
    yield from (left + letter + right for left, right in parts for letter in _LETTERS)
