"""A backup: one archive with what it is, the database at one moment, the stored files, and the sums of all that.

What is put back is unpacked and held against the sums first: an archive that is damaged or cut short changes nothing.
"""

import gzip
import hashlib
import hmac
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Self

from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection

from builder.errors import Conflict, InvalidInput
from builder.runtime.vitals import signs
from builder.store import vitals
from builder.store.copies import dump, settling
from builder.store.copies.settling import Settled

FORMAT = 1
_MANIFEST, _DATABASE, _FILES, _SUMS = "millstream.json", "database", "files/", "sums.json"
_PIECE_BYTES = 1 << 20

Sum = list[Any]
"""The size and the SHA-256 of one member."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `key`: by what the encryption key can be told from another; not the key."""

    format: int
    version: str
    made_at: str
    vendor: str
    steps: list[str]
    key: str

    @classmethod
    def here(cls, now: datetime) -> Self:
        return cls(FORMAT, signs.version(), now.isoformat(), connection.vendor, dump.steps(), _mark_of_key())

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Raises InvalidInput."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise InvalidInput("This archive is no backup of Millstream, or one of a later version.") from error


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. `key_differs`: its secrets cannot be read with the key that is set here."""

    manifest: Manifest
    files: int
    settled: Settled
    key_differs: bool


def write(target: Path, now: datetime) -> int:
    """Makes a backup while everything runs; returns how many files are in it. Raises Conflict where a file is."""
    if target.exists():
        raise Conflict(f"{target} exists already; name a file that does not.")
    part = target.with_name(f"{target.name}.part")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".millstream-backup-") as folder:
        database = Path(folder) / _DATABASE
        dump.dump(database)
        try:
            with open(part, "wb", opener=_private) as out:
                with tarfile.open(fileobj=out, mode=_mode(target), dereference=True) as archive:
                    count = _fill(archive, database, Manifest.here(now))
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return count


def restore(source: Path, now: datetime, say: Callable[[str], None]) -> Restored:
    """Puts a backup back where nothing is yet, or leaves nothing. Raises Conflict over data, InvalidInput for what is
    no whole backup."""
    _refuse_over_data()
    with tempfile.TemporaryDirectory(dir=settings.DATA, prefix=".restore-") as name:
        folder = Path(name)
        try:
            manifest = _unpacked(source, folder)
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
            raise InvalidInput(f"{source} cannot be read as a backup: {error}.") from error
        with _files_put_back(folder / _FILES) as files:
            try:
                with dump.loaded(folder / _DATABASE):
                    say("Upgrading the tables.")
                    call_command("migrate", verbosity=0, interactive=False)
                    settled = settling.settle(now)
            except Error as error:
                raise Conflict(f"The database of {source} cannot be put back: {error}. Nothing was.") from error
    return Restored(manifest, files, settled, manifest.key != _mark_of_key())


def _refuse_over_data() -> None:
    held = dump.held()
    if held:
        raise Conflict(
            f"The database here is in use ({', '.join(held)}): a backup is put back only where nothing is. Name an "
            "empty folder with MILLSTREAM_DATA, or an empty database with DATABASE_URL."
        )
    if next(_stored(), None) is not None:
        raise Conflict(f"There are files in {settings.MEDIA_ROOT}; a backup is put back only where nothing is.")


def _refuse_unfit(manifest: Manifest) -> None:
    if manifest.format > FORMAT:
        raise InvalidInput(
            f"The backup was made by Millstream {manifest.version}; restore it with that or a later one."
        )
    if manifest.vendor != connection.vendor:
        raise InvalidInput(f"The backup holds {manifest.vendor}, the database here is {connection.vendor}.")
    unknown = sorted(set(manifest.steps) - set(vitals.known_migrations()))
    if unknown:
        raise InvalidInput(
            f"The tables of the backup are those of Millstream {manifest.version}, which this one does not know "
            f"({unknown[0]}); restore it with that version or a later one."
        )


def _unpacked(source: Path, folder: Path) -> Manifest:
    """All that is in it is in the folder, and whole."""
    manifest, sums, found = None, {}, {}
    with tarfile.open(source) as archive:
        for member in archive:
            if not member.isfile() or (manifest is None and member.name != _MANIFEST):
                raise tarfile.ReadError(f"no backup has {member.name[:100]} in this place")
            archive.extract(member, folder, filter="data")
            path = folder / member.name
            if manifest is None:
                manifest = Manifest.read(path.read_bytes())
                _refuse_unfit(manifest)
            if member.name == _SUMS:
                sums = json.loads(path.read_bytes())
            else:
                found[member.name] = _sum(path)
        while archive.fileobj is not None and archive.fileobj.read(_PIECE_BYTES):
            pass  # a compressed file has a sum of its own at its end
    if manifest is None or sums != found:
        raise tarfile.ReadError("it is damaged or not whole")
    return manifest


@contextmanager
def _files_put_back(folder: Path) -> Iterator[int]:
    """How many; they are taken away again where what follows fails."""
    moved: list[Path] = []
    try:
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            target = settings.MEDIA_ROOT / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            moved.append(target)
            shutil.move(path, target)
        yield len(moved)
    except BaseException:
        for target in moved:
            target.unlink(missing_ok=True)
        raise


def _stored() -> Iterator[Path]:
    root = Path(settings.MEDIA_ROOT)
    return (path for path in root.rglob("*") if path.is_file() and not path.is_symlink()) if root.exists() else iter(())


def _fill(archive: tarfile.TarFile, database: Path, manifest: Manifest) -> int:
    """How many stored files are in it."""
    told = json.dumps(asdict(manifest), indent=1).encode()
    _add_text(archive, _MANIFEST, told)
    sums = {
        _MANIFEST: [len(told), hashlib.sha256(told).hexdigest()],
        _DATABASE: _add_file(archive, _DATABASE, database),
    }
    for path in _stored():
        name = _FILES + str(path.relative_to(settings.MEDIA_ROOT))
        try:
            sums[name] = _add_file(archive, name, path)
        except FileNotFoundError:
            continue  # it went away meanwhile
    _add_text(archive, _SUMS, json.dumps(sums).encode())
    return len(sums) - 2


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> Sum:
    with path.open("rb") as file:
        member = archive.gettarinfo(arcname=name, fileobj=file)
        read = _Summed(file)
        archive.addfile(member, read)
    return [member.size, read.sum.hexdigest()]


class _Summed:
    """A file with the sum of what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self.sum.update(piece)
        return piece


def _sum(path: Path) -> Sum:
    with path.open("rb") as file:
        return [path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()]


def _add_text(archive: tarfile.TarFile, name: str, text: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text), 0o600
    archive.addfile(member, io.BytesIO(text))


def _mode(target: Path) -> Any:
    return "w:gz" if target.name.endswith((".gz", ".tgz")) else "w"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _mark_of_key() -> str:
    key = str(settings.MILLSTREAM["ENCRYPTION_KEY"]).encode()
    return hmac.new(key, b"millstream backup", hashlib.sha256).hexdigest()[:16]
