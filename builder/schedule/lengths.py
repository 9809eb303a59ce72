"""Lengths of time that were set, in words: `15 s`, `1 h 30 min`. Pure."""

from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def in_words(length: timedelta) -> str:
    """Whole seconds, all of them; a part of one is left out, unless there is nothing else."""
    rest, said = int(length.total_seconds()), []
    for seconds, unit in _UNITS:
        count, rest = divmod(rest, seconds)
        said += [f"{count} {unit}"] if count else []
    return " ".join(said) or f"{length.total_seconds():g} s"
