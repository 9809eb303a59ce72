"""Files that a flow keeps from one execution to the next, one for each key; `caches/<key>/<content>`. Blocking."""

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils import timezone

from builder.errors import LimitExceeded
from builder.runtime.files.storage import too_large


def keep(key: str, content: Path) -> None:
    """Keeps a file; the same content again stays as old as it is. Raises LimitExceeded."""
    most = settings.MILLSTREAM["FILE_BYTES"]
    if content.stat().st_size > most:
        raise LimitExceeded(too_large("of the cache", most))
    folder = _folder(key)
    with content.open("rb") as file:
        name = hashlib.file_digest(file, "sha256").hexdigest()
        before = _names(folder)
        if name in before:
            return
        file.seek(0)
        default_storage.save(f"{folder}/{name}", File(file))
    for old in before:
        default_storage.delete(f"{folder}/{old}")


def fetch(key: str, target: Path, newest_seconds: float | None) -> bool:
    """Writes what is kept into a file; False without anything, or when it is too old, and then it is deleted."""
    folder = _folder(key)
    for name in _names(folder):
        place = f"{folder}/{name}"
        age = timezone.now() - default_storage.get_modified_time(place)
        if newest_seconds is not None and age > timedelta(seconds=newest_seconds):
            default_storage.delete(place)
            continue
        with default_storage.open(place, "rb") as source, target.open("wb") as written:
            shutil.copyfileobj(source, written, 1 << 20)
        return True
    return False


def _folder(key: str) -> str:
    return f"caches/{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _names(folder: str) -> list[str]:
    try:
        return sorted(default_storage.listdir(folder)[1])
    except FileNotFoundError:
        return []
