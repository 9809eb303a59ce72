"""The one way to write: short transactions, one at a time on SQLite, where writers would otherwise starve each other.

SQLite's own waiting sleeps longer and longer, so the writers of all processes take turns at a file lock before BEGIN
IMMEDIATE. It is asked for again and again, not waited for: a frozen process must not hang the others for ever.
"""

import fcntl
import os
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from itertools import chain
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from builder.errors import Clash, Unavailable

GATE_SECONDS = 20.0
_BUSY = "The database is busy with another program; nothing was saved. Try again in a moment."
_CROSSED = (
    "Two processes of Millstream changed the same things at the same moment, and the database let the other one go "
    "first (%s); nothing was saved. Do it again."
)
_HELD = (
    "Another process of Millstream has held what is to be changed for too long (it may be stuck); nothing was saved. "
    "Try again in a minute; the System page tells which processes are well."
)
_CLASHES = {"40P01": "a deadlock", "40001": "a serialization failure"}
_LOCK_NOT_AVAILABLE = "55P03"
_TRIES = 3
_PAUSE_SECONDS = 0.05
_LOCKED = "Another program holds the database's lock; nothing can be saved until it lets go."
_UNNOTICED_SECONDS, _LEAST_SECONDS = 1.0, 0.1
_WAIT_SECONDS = 0.0005
"""Always the same: whoever waits longer must not ask less often than whoever came last."""
_mine = threading.local()
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def write(wait_seconds: float | None = None) -> Iterator[None]:
    """A write transaction. Nested ones join it; keep it short and free of network calls.

    Raises Unavailable when the database stays locked for so long (GATE_SECONDS), however many wait for it.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    _mine.after = []
    try:
        with _gate(GATE_SECONDS if wait_seconds is None else wait_seconds), transaction.atomic():
            yield
    except OperationalError as error:
        raise _explained(error) from error
    finally:
        after, _mine.after = _mine.after, None
        for function in after:
            function()


def unit(work: Callable[P, T]) -> Callable[P, T]:
    """For a short piece of work that is one transaction by itself, and changes nothing but rows: after a Clash it is
    done anew, a few times. Inside a transaction it is a part of that, and whoever began that does it anew.
    """

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        for tries in range(1, _TRIES):
            try:
                return work(*args, **kwargs)
            except Clash:
                time.sleep(random.uniform(0, tries * _PAUSE_SECONDS))  # else the two may meet again
        return work(*args, **kwargs)

    return done


def refusal(wait_seconds: float) -> str:
    """Why nothing can be saved now; nothing where it can. It costs what a write of nothing costs.

    Asked of SQLite alone. Many short writes, behind which this one does not get its turn, are no reason: they go on.
    """
    if connection.vendor != "sqlite":
        return ""
    before = _commits_of_others()
    try:
        with write(wait_seconds):
            return ""
    except Unavailable as error:
        if error.message != _BUSY:
            return error.message
        return _LOCKED if _commits_of_others() == before else ""


def _commits_of_others() -> int:
    """Changes when another connection commits."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


def on_commit(function: Callable[[], object]) -> None:
    """Calls it once the running transaction is committed and others may write; at once when there is none."""
    transaction.on_commit(lambda: _outside(function))


def _outside(function: Callable[[], object]) -> None:
    """Django's own hooks run while the gate is still held: a slow one would hold up every writer."""
    after = getattr(_mine, "after", None)
    if after is None:
        function()
    else:
        after.append(function)


def _explained(error: OperationalError) -> Exception:
    text, code = str(error).lower(), getattr(error.__cause__, "sqlstate", None)
    if code in _CLASHES:
        return Clash(_CROSSED % _CLASHES[code])
    if code == _LOCK_NOT_AVAILABLE:
        return Unavailable(_HELD)
    if "locked" in text or "busy" in text:
        return Unavailable(_BUSY)
    if "full" in text or "no space" in text:
        return Unavailable("The disk that holds the database is full; free some space and try again.")
    if "readonly" in text or "read-only" in text:
        return Unavailable("The database cannot be written: its file or folder is read-only.")
    if connection.vendor == "postgresql":
        return Unavailable("The database does not answer; nothing was saved. Try again in a moment.")
    return error


@contextmanager
def _gate(wait_seconds: float) -> Iterator[None]:
    """Opened anew each time (microseconds): a lock belongs to the opening, so threads and forks do not share it."""
    deadline = time.monotonic() + wait_seconds
    path = _gate_path()
    if path is None:
        yield
        return
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"The database's lock file {path} cannot be opened: {error.strerror}.") from error
    try:
        _wait_for(descriptor, deadline)
        with _patience(deadline - time.monotonic()):
            yield
    finally:
        os.close(descriptor)


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Who waited at the gate, or does not want to wait, gives the file itself only the rest of the time."""
    usual = float(connection.settings_dict["OPTIONS"].get("timeout", GATE_SECONDS))
    if seconds > usual - _UNNOTICED_SECONDS:
        yield
        return
    _set_busy_timeout(max(seconds, _LEAST_SECONDS))
    try:
        yield
    finally:
        _set_busy_timeout(usual)


def _set_busy_timeout(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def _gate_path() -> str | None:
    if connection.vendor != "sqlite":
        return None
    name = str(connection.settings_dict["NAME"])
    return None if ":memory:" in name or "mode=memory" in name else f"{name}.gate"


def _wait_for(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise Unavailable(_BUSY) from error
            time.sleep(_WAIT_SECONDS)
        else:
            return


def moment(at: datetime | None) -> Any:
    """A time as a parameter of raw SQL; the ORM's own format, so that both kinds of statement compare alike."""
    if at is None:
        return None
    if at.tzinfo is UTC and connection.vendor == "sqlite":
        return str(at)[: -len("+00:00")]  # what Django makes of it by a longer way
    return connection.ops.adapt_datetimefield_value(at)


def from_row(value: datetime | None) -> datetime | None:
    """A time out of a raw row: SQLite gives it without its zone, which is always UTC."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def run_many(statement: str, rows: list[tuple[Any, ...]]) -> int:
    """One raw statement for many rows; returns how many rows it changed in all."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)


def select(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one raw statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, tuple(parameters))
        return list(cursor.fetchall())


def select_each(statement: str, parameters: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The rows of one raw statement, `SELECT ... FROM (...) AS one`, for each of these parameters; asked at once."""
    return select(" UNION ALL ".join([statement] * len(parameters)), list(chain(*parameters))) if parameters else []


def among(values: Collection[Any]) -> str:
    """The place holders of `IN (...)` for so many values."""
    return ", ".join(["%s"] * len(values))


def has_row_locks() -> bool:
    """SQLite needs none: a write transaction is alone there."""
    return connection.vendor == "postgresql"


def lock_row(table: str, **named: str) -> None:
    """Holds a row until the transaction ends, from all who hold or change it; others may still refer to it.

    One transaction holds rows in this order, and each kind by its names: flow, trigger, change of state, execution.
    """
    _lock(table, named, "FOR NO KEY UPDATE")


def lock_executions(ids: Collection[str], *, to_delete: bool = False) -> None:
    """Holds these in the order of their ids; `to_delete`: also from all who refer to them."""
    if has_row_locks() and ids:
        how = "FOR UPDATE" if to_delete else "FOR NO KEY UPDATE"
        select(f"SELECT id FROM builder_execution WHERE id IN ({among(ids)}) ORDER BY id {how}", [*ids])


def lock_row_if_free(table: str, **named: str) -> bool:
    """The same without waiting; False where somebody else holds it."""
    return _lock(table, named, "FOR NO KEY UPDATE SKIP LOCKED") == _lock(table, named, "")


def _lock(table: str, named: Mapping[str, str], how: str) -> bool:
    """Whether there was one."""
    if not has_row_locks():
        return False
    where = " AND ".join(f"{name} = %s" for name in named)
    return bool(select(f"SELECT id FROM {table} WHERE {where} {how}", [*named.values()]))
