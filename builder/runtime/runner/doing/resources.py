"""What it means to people when a machine gives no more: its disk, its memory, its files."""

import errno

_SAID = {
    errno.ENOSPC: "No space is left on the disk (no space left on device); free some and run this again.",
    errno.EDQUOT: "The user that runs Millstream may not store more on this disk; free some space and run this again.",
    errno.EACCES: "A file or folder cannot be opened by the user that runs Millstream (permission denied); whoever "
    "runs Millstream can mend that.",
    errno.EROFS: "The disk is read-only (read-only file system); whoever runs Millstream can mend that.",
    errno.EMFILE: "The worker has too many files open; raise its limit (ulimit -n) or lower MILLSTREAM_PLACES.",
    errno.ENOMEM: "The worker has no more memory (out of memory).",
}


def resource_failure(error: BaseException) -> str | None:
    """One sentence; None when the error is of another kind. Causes are looked at too: libraries wrap them."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError):
            return "It needed more memory than there is (out of memory)."
        if isinstance(seen, OSError) and seen.errno in _SAID:
            return _SAID[seen.errno]
        seen = seen.__cause__
    return None
