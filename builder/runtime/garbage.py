"""Python's garbage collector, told what stays: else each full collection looks at every class of all libraries."""

import gc

_THRESHOLDS = (10_000, 20, 20)


def keep_what_is_loaded() -> None:
    """To be called when a process has imported what it needs: it stays, and later collections look at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
