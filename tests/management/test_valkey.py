"""Starting refuses a Redis that can never serve, and says why without its password; the embedded one has one too."""

import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import AuthenticationError, Redis

from builder.management import valkey
from tests.doubles.patience import PATIENCE_SECONDS


class Answers(socketserver.StreamRequestHandler):
    """Says OK to everything, and that it is an old one."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
            said = b"redis_version:5.0.7\r\n"
            answer = b"$%d\r\n%s\r\n" % (len(said), said) if words[0] == b"INFO" else b"+OK\r\n"
            self.wfile.write(answer)


@pytest.fixture
def old() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"redis://me:hidden@127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()
        thread.join()


def test_an_old_version_is_refused(old: str) -> None:
    with pytest.raises(valkey.ValkeyProblem, match=r"is 5\.0\.7; Millstream needs 6\.2 or newer") as refused:
        valkey.refuse_useless(old)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("query", ["?username=me&password=hidden", "?db=99"])
def test_a_wrong_password_and_a_database_that_is_not_there_are_refused_at_once(valkey_url: str, query: str) -> None:
    for look in (valkey.refuse_useless, valkey.wait_until_ready):
        with pytest.raises(valkey.ValkeyProblem, match="refuses what REDIS_URL says") as refused:
            look(valkey_url + query)
        assert "hidden" not in str(refused.value)


def test_one_that_serves_is_not_refused_nor_one_that_does_not_answer(valkey_url: str) -> None:
    valkey.refuse_useless(valkey_url)
    valkey.refuse_useless("redis://127.0.0.1:1/0")


@pytest.fixture
def embedded(settings: Any, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    settings.DATA, settings.VALKEY_SOCKET = tmp_path, tmp_path / "valkey" / "s"
    with subprocess.Popen(valkey.command(settings.VALKEY_SOCKET)) as server:
        valkey.wait_until_ready(f"unix://:{settings.VALKEY_PASSWORD}@{settings.VALKEY_SOCKET}")
        yield server
        server.kill()


def test_the_embedded_server_asks_for_a_password_that_its_command_line_does_not_show(
    embedded: "subprocess.Popen[bytes]", settings: Any
) -> None:
    with Redis(unix_socket_path=str(settings.VALKEY_SOCKET)) as stranger:
        for words in (("SET", "a", "b"), ("GET", "a"), ("PUBLISH", "a", "b"), ("INFO",)):
            with pytest.raises(AuthenticationError):
                stranger.execute_command(*words)
    assert settings.VALKEY_PASSWORD not in str(embedded.args)
    assert (settings.DATA / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600


def test_nobody_else_reads_the_password_though_a_file_was_there_that_all_could_read(
    settings: Any, tmp_path: Path
) -> None:
    settings.DATA, settings.VALKEY_SOCKET = tmp_path, tmp_path / "valkey" / "s"
    file = tmp_path / "valkey" / "valkey.conf"
    file.parent.mkdir()
    file.write_text("requirepass old")
    file.chmod(0o644)
    valkey.command(settings.VALKEY_SOCKET)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"requirepass {settings.VALKEY_PASSWORD}\n"


def test_one_that_an_earlier_start_left_is_ended_whatever_its_password_is(
    embedded: "subprocess.Popen[bytes]", settings: Any
) -> None:
    settings.VALKEY_PASSWORD = "of another secret key"
    valkey.stop_earlier(settings.VALKEY_SOCKET)
    assert embedded.wait(PATIENCE_SECONDS) == 0
    assert not settings.VALKEY_SOCKET.exists()
    valkey.stop_earlier(settings.VALKEY_SOCKET)
