""" "Did you mean ...?" for keys, types and input kinds."""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one; None when nothing is near."""
    names = list(known)
    folded = {candidate.lower(): candidate for candidate in names}
    if name.lower() in folded:
        return folded[name.lower()]
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.65)
    return folded[found[0]] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known name, or all of them when they are few."""
    names = sorted(known)
    found = nearest(name, names)
    if found:
        return f"Did you mean {found}?"
    return f"Known here: {', '.join(names)}." if 0 < len(names) <= 20 else ""
