"""Folders in which tasks work: made when one is asked for, gone when its task is, however the process ends."""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from builder.errors import TaskFailure

_LOCK = ".lock"
_OWN = 0o700


class Folders:
    """The folders of one process below `root`, beside those of other processes. Blocking.

    Each process holds a lock on its part as long as it lives, so whoever comes later knows what a dead one left.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mine = root / secrets.token_hex(8)
        self._lock = -1

    def open(self) -> None:
        """Makes this process's part and removes those of dead ones. Raises OSError."""
        self._root.mkdir(parents=True, exist_ok=True, mode=_OWN)
        self._mine.mkdir(mode=_OWN)
        self._lock = os.open(self._mine / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        for other in self._root.iterdir():
            if other != self._mine:
                _remove_if_dead(other)

    def close(self) -> None:
        """Removes all that is left of this process."""
        _remove(self._mine)
        if self._lock >= 0:
            os.close(self._lock)

    def new(self) -> "Folder":
        """A folder that is made once somebody asks for it."""
        return Folder(self._mine / secrets.token_hex(8))


class Folder:
    """One folder; `path` is known before it is made. Any thread may ask."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_made = self._is_over = False
        self._guard = threading.Lock()

    @property
    def is_made(self) -> bool:
        return self._is_made

    def made(self) -> Path:
        """The folder, there now. Raises TaskFailure once its task is over."""
        with self._guard:
            if self._is_over:
                raise TaskFailure("The step is over, and so its working directory is gone.", retryable=False)
            if not self._is_made:
                try:
                    self.path.mkdir(mode=_OWN)
                except OSError as error:
                    raise TaskFailure(f"The working directory cannot be made: {error.strerror}.") from error
                self._is_made = True
        return self.path

    def remove(self) -> None:
        """Removes it with all that is in it, and it stays away."""
        with self._guard:
            self._is_over = True
            if self._is_made:
                _remove(self.path)


def _remove_if_dead(part: Path) -> None:
    try:
        descriptor = os.open(part / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # it is being made or removed just now
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(part)
    except BlockingIOError:
        pass
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    """Also what a script made unreadable; never through a link."""

    def unlocked(function: Callable[..., Any], name: str, _: Any) -> None:
        with contextlib.suppress(OSError):
            for place in (os.path.dirname(name), name):
                if not os.path.islink(place):
                    os.chmod(place, stat.S_IRWXU)
            function(name)

    shutil.rmtree(path, onerror=unlocked)
    if path.exists():
        shutil.rmtree(path, ignore_errors=True)
