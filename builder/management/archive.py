"""A backup: one archive with what it is, the database at one moment, and the stored files."""

import hashlib
import hmac
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from builder.errors import Conflict, InvalidInput
from builder.runtime.vitals import signs
from builder.store import vitals
from builder.store.copies import dump, settling
from builder.store.copies.settling import Settled

FORMAT = 1
_MANIFEST, _DATABASE, _FILES = "millstream.json", "database", "files/"


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
                with tarfile.open(fileobj=out, mode=_mode(target)) as archive:
                    _add_text(archive, _MANIFEST, json.dumps(asdict(Manifest.here(now)), indent=1).encode())
                    archive.add(database, _DATABASE)
                    count = sum(1 for path in _stored() if _add_file(archive, path))
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return count


def restore(source: Path, now: datetime, say: Callable[[str], None]) -> Restored:
    """Puts a backup back where nothing is yet. Raises Conflict over data, InvalidInput for what is no backup."""
    _refuse_over_data()
    try:
        with tarfile.open(source) as archive:
            manifest = _manifest(archive)
            _refuse_unfit(manifest)
            with tempfile.TemporaryDirectory(dir=settings.DATA, prefix=".restore-") as folder:
                archive.extract(_DATABASE, folder, filter="data")
                dump.load(Path(folder) / _DATABASE)
            files = sum(1 for member in archive if _put_back(archive, member))
    except (tarfile.TarError, EOFError, KeyError) as error:
        raise InvalidInput(f"{source} cannot be read as a backup: {error}.") from error
    say("Upgrading the tables.")
    call_command("migrate", verbosity=0, interactive=False)
    return Restored(manifest, files, settling.settle(now), manifest.key != _mark_of_key())


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


def _manifest(archive: tarfile.TarFile) -> Manifest:
    file = archive.extractfile(_MANIFEST)
    if file is None:
        raise InvalidInput("This archive is no backup of Millstream.")
    return Manifest.read(file.read())


def _put_back(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    """Whether it is one of the stored files; what lies outside their folder is refused by the filter."""
    if not member.isfile() or not member.name.startswith(_FILES):
        return False
    member.name = member.name.removeprefix(_FILES)
    archive.extract(member, settings.MEDIA_ROOT, filter="data")
    return True


def _stored() -> Iterator[Path]:
    root = Path(settings.MEDIA_ROOT)
    return (path for path in root.rglob("*") if path.is_file() and not path.is_symlink()) if root.exists() else iter(())


def _add_file(archive: tarfile.TarFile, path: Path) -> bool:
    """False: it went away meanwhile."""
    try:
        with path.open("rb") as file:
            member = archive.gettarinfo(arcname=_FILES + str(path.relative_to(settings.MEDIA_ROOT)), fileobj=file)
            archive.addfile(member, file)
    except FileNotFoundError:
        return False
    return True


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
