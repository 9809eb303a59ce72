"""The whole database into one file and out of one: SQLite by its own backup, PostgreSQL by pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from builder.errors import Conflict, Unavailable

_HELD = ("auth_user", "builder_flow", "builder_execution", "builder_trigger")
"""Where rows are once anybody has used it."""


def dump(target: Path) -> None:
    """Everything as it is at one moment, while others go on to read and write. Raises Unavailable."""
    if connection.vendor == "postgresql":
        _run("pg_dump", ["--format=custom", "--no-owner", "--file", str(target)])
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        said = copy.execute("PRAGMA quick_check").fetchone()[0]
    if said != "ok":
        raise Unavailable(f"The copy of the database is damaged ({said}); check the disk and the database itself.")


@contextmanager
def loaded(source: Path) -> Iterator[None]:
    """Puts a dump in the place of a database that holds nothing, and takes it out again where what follows fails.

    Raises Unavailable.
    """
    others = _tables_of_others()
    try:
        _load(source)
        yield
    except BaseException:
        _empty(others)
        raise


def _load(source: Path) -> None:
    if connection.vendor == "postgresql":
        _run("pg_restore", ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error",
                            "--dbname", str(connection.settings_dict["NAME"]), str(source)])  # fmt: skip
        return
    place = Path(connection.settings_dict["NAME"])
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _empty(())
    made = Path(f"{place}.restoring")
    shutil.copyfile(source, made)
    made.chmod(0o600)
    made.replace(place)


def _tables_of_others() -> Sequence[str]:
    """Tables that are not Millstream's, in a database that it does not have for itself."""
    if connection.vendor == "sqlite":
        return ()
    own = {*connection.introspection.django_table_names(), MigrationRecorder.Migration._meta.db_table}
    return [table for table in connection.introspection.table_names() if table not in own]


def _empty(others: Sequence[str]) -> None:
    """No table is left but those of others; the next start makes what it needs."""
    connection.close()
    if connection.vendor == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{ending}").unlink(missing_ok=True)
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table not in others:
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")


def held() -> list[str]:
    """The tables in which there is something already."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return []
    there = set(connection.introspection.table_names())
    return [table for table in _HELD if table in there and _has_rows(table)]


def steps() -> list[str]:
    """The migrations that were applied, as `app.name`."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")
        return cursor.fetchone() is not None


def _run(program: str, arguments: Sequence[str]) -> None:
    """The server's own tools; the password goes by the environment, where nobody else sees it."""
    if shutil.which(program) is None:
        raise Unavailable(f"{program} is not installed here; on Debian and Ubuntu: sudo apt install postgresql-client.")
    done = subprocess.run([program, *arguments], env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Conflict(f"{program} failed: {done.stderr.strip()[-500:]}")


def _environment() -> Mapping[str, str]:
    config = connection.settings_dict
    given = {"PGHOST": config["HOST"], "PGPORT": config["PORT"], "PGUSER": config["USER"],
             "PGPASSWORD": config["PASSWORD"], "PGDATABASE": config["NAME"]}  # fmt: skip
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}
