"""Files that a WorkingDirectory keeps from one execution to the next, in one archive."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from builder.tasks.api import Duration, Field, Properties, TaskFailure, list_local_files, local_place

ARCHIVE = ".cache.zip"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""Every entry has this time, so that the same files make the same archive."""


class Cache(Properties):
    """Files that are kept from one execution to the next."""

    patterns: list[str] = Field(min_length=1, examples=[["node_modules/**"]])
    """Globs of the files to keep."""
    ttl: Duration | None = Field(None, examples=["P1D"])
    """How long they are kept; for ever when it is not set."""


def pack(archive: Path, folder: Path, patterns: Sequence[str]) -> int:
    """Puts the files of a folder that fit into an archive; how many."""
    found = {path: place for path, place in list_local_files(folder, patterns).items() if path != archive.name}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path, place in found.items():
            entry = zipfile.ZipInfo(path, _BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (place.stat().st_mode & 0o777) << 16
            with place.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    return len(found)


def unpack(archive: Path, folder: Path) -> int:
    """Lays the files of an archive into a folder; how many. Raises TaskFailure when it is damaged."""
    try:
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist():
                place = local_place(folder, entry.filename)
                with packed.open(entry) as source, place.open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                place.chmod(0o600 | (entry.external_attr >> 16) & 0o777)
            return len(packed.infolist())
    except zipfile.BadZipFile as error:
        raise TaskFailure(f"The files of the cache cannot be unpacked: {error}.") from error
    finally:
        archive.unlink(missing_ok=True)
