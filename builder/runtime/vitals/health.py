"""Whether this process can work, told within a moment even where a server is frozen; nothing told holds a secret."""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from builder.runtime import queue
from builder.runtime.vitals.looks import Looks
from builder.store import gate, vitals

ANSWER_SECONDS = 2.0
"""How long a look may take before what it looks at counts as frozen."""
WRITE_SECONDS = 1.0
"""How long the database may refuse every write before it is told; callers themselves wait longer."""
LEAST_FREE_BYTES = 50_000_000
_MIGRATED_SECONDS = 30.0
_WAITS = "; executions are accepted and run once it is well again."

_looks = Looks()
_migrated_until = 0.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `needed`: without it nothing can be accepted; else work waits until it is back."""

    name: str
    problem: str
    needed: bool = True

    @property
    def ok(self) -> bool:
        return not self.problem


def checks() -> list[Check]:
    """All of them, within ANSWER_SECONDS."""
    *kept, work = folders()
    found = _looks.take(
        {
            "database": _database, "writing": _writing, "migrations": _migrations, "redis": _redis,
            "files": lambda: _writable(kept), "work": lambda: _folder(work), "disk": _disk,
        },
        ANSWER_SECONDS,
    )  # fmt: skip
    database = _told(found["database"], "The database does not answer.")
    unsaved = database and "Nothing can be saved while the database does not answer."
    writing = unsaved or _told(found["writing"], "The database does not take what is to be saved.")
    redis = _told(found["redis"], f"Redis does not answer{_WAITS}")
    files = _told(found["files"], f"The folder of files {settings.MEDIA_ROOT} does not answer.")
    work_files = _told(found["work"], f"The folder of work {work} does not answer.")
    tables = database and "Whether tables are missing is not known while the database does not answer."
    migrations = tables or _told(found["migrations"], "The tables could not be looked at.")
    return [
        Check("database", database),
        Check("writing", writing),
        Check("migrations", migrations),
        Check("files", files),
        Check("work", work_files, needed=False),
        Check("disk", files or work_files or _told(found["disk"], ""), needed=False),
        Check("redis", redis, needed=False),
    ]


def _told(found: Any, silent: str) -> str:
    return silent if isinstance(found, Exception) else str(found)


def _database() -> str:
    vitals.answer_seconds()
    return ""


def _writing() -> str:
    return gate.refusal(WRITE_SECONDS)


def _migrations() -> str:
    """Once complete they are not read again for a while: it takes a tenth of a second."""
    global _migrated_until
    if time.monotonic() < _migrated_until:
        return ""
    missing = vitals.missing_migrations()
    if missing:
        return f"The tables lack {_listed(missing)}; run: python3 manage.py migrate"
    _migrated_until = time.monotonic() + _MIGRATED_SECONDS
    return ""


def _listed(names: Sequence[str], most: int = 3) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _redis() -> str:
    problem = queue.problem()
    return problem and f"{problem}{_WAITS}"


def folders() -> list[Path]:
    """The local folders that are written to, that of running tasks last."""
    return [settings.DATA, Path(settings.MEDIA_ROOT), settings.MILLSTREAM["WORK_FOLDER"]]


def _writable(paths: Sequence[Path]) -> str:
    """Only local folders can be looked at; another storage tells when it is used."""
    told = (_folder(path) for path in paths)
    return next((problem for problem in told if problem), "")


def _folder(path: Path) -> str:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path, prefix=".health-") as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        return _said(path, error)
    return ""


def _disk() -> str:
    for path in folders():
        free = shutil.disk_usage(path).free
        if free < LEAST_FREE_BYTES:
            return f"The disk of {path} is nearly full: {free:,} bytes are left."
    return ""


_REASONS: dict[int, Callable[[Path], str]] = {
    errno.ENOSPC: lambda path: f"The disk of {path} is full.",
    errno.EROFS: lambda path: f"The folder {path} is on a disk that is read-only.",
    errno.EACCES: lambda path: f"The folder {path} cannot be written by the user that runs Millstream.",
    errno.EDQUOT: lambda path: f"The user that runs Millstream may not store more on the disk of {path}.",
}


def _said(path: Path, error: OSError) -> str:
    reason = _REASONS.get(error.errno or 0)
    return reason(path) if reason else f"The folder {path} cannot be written: {os.strerror(error.errno or errno.EIO)}."
