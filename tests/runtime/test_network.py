"""Tasks reach public addresses only, judged by the number connected to, on redirects too."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest
from aiohttp import web

from builder.errors import TaskFailure
from builder.expressions.lookups import HttpQuestion
from builder.runtime.network import Network, addresses
from builder.runtime.network.names import Resolver
from builder.runtime.world.asking import _asked_alone

REFUSED = [
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "100.100.100.200",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "::127.0.0.1",
]


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    made = Network()
    yield made
    await made.close()


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, list[str]]]:
    hits: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        hits.append(request.path)
        if request.path == "/slow":
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"first")
            await asyncio.sleep(30)
        if request.path == "/away":
            raise web.HTTPFound(request.query["to"])
        if request.path == "/cut":
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"half")
            assert request.transport is not None
            request.transport.close()
            return response
        return web.json_response(
            {"path": request.raw_path, "headers": dict(request.headers), "body": await request.text()}
        )

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield f"http://127.0.0.1:{port}", hits
    await runner.cleanup()


@pytest.fixture
def loopback_allowed(settings: Any) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ALLOW_NETWORKS": (ip_network("127.0.0.1/32"),)}


@pytest.mark.parametrize("address", REFUSED)
def test_it_refuses_addresses_that_are_not_public(address: str) -> None:
    with pytest.raises(TaskFailure, match="MILLSTREAM_ALLOW_NETWORKS"):
        addresses.check(address, 80)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_it_lets_public_addresses_pass(address: str) -> None:
    addresses.check(address, 443)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "user@127.0.0.1",
        "127.0.0.1.",
    ],
)
async def test_no_spelling_of_loopback_is_reached(network: Network, server: tuple[str, list[str]], host: str) -> None:
    port = server[0].rsplit(":", 1)[1]
    with pytest.raises((TaskFailure, httpx2.ConnectError, httpx2.InvalidURL, httpx2.UnsupportedProtocol)):
        await network.client().get(f"http://{host}:{port}/")
    assert server[1] == []


async def test_a_name_that_turns_into_a_private_address_is_refused_by_its_number(
    network: Network, server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server[0].rsplit(":", 1)[1])

    def rebound(*arguments: object, **options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with pytest.raises(TaskFailure, match=r"looks-public\.example \(127\.0\.0\.1\) is not allowed"):
        await network.client().get(f"http://looks-public.example:{port}/")
    assert server[1] == []


async def test_a_redirect_is_judged_again(
    network: Network, server: tuple[str, list[str]], loopback_allowed: None
) -> None:
    with pytest.raises(TaskFailure, match=r"169\.254\.169\.254"):
        await network.client().get(f"{server[0]}/away", params={"to": "http://169.254.169.254/latest"})
    with pytest.raises(httpx2.UnsupportedProtocol):
        await network.client().get(f"{server[0]}/away", params={"to": "file:///etc/passwd"})


async def test_credentials_do_not_follow_a_redirect_to_another_host(
    network: Network, server: tuple[str, list[str]], loopback_allowed: None
) -> None:
    elsewhere = server[0].replace("127.0.0.1", "localhost")
    answer = await network.client().get(
        f"{server[0]}/away", params={"to": elsewhere + "/"},
        headers={"Authorization": "Bearer a", "X-Api-Key": "b", "X-Own": "c", "X-Signature": "d"},
    )  # fmt: skip
    got = answer.json()["headers"]
    assert "Authorization" not in got and "X-Api-Key" not in got and "X-Signature" not in got and got["X-Own"] == "c"


async def test_a_request_arrives_as_written(
    network: Network, server: tuple[str, list[str]], loopback_allowed: None
) -> None:
    answer = await network.client().post(
        server[0].replace("//", "//ann:secret@") + "/a%2Fb?q=%5B1%5D", content=b"hello", headers={"X-Own": "yes"}
    )
    got = answer.json()
    assert got["path"] == "/a%2Fb?q=%5B1%5D" and got["body"] == "hello"
    assert got["headers"]["X-Own"] == "yes" and got["headers"]["Authorization"].startswith("Basic ")


async def test_the_demo_model_is_allowed_by_itself(
    network: Network, server: tuple[str, list[str]], settings: Any
) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "DEMO_MODEL_URL": f"{server[0]}/v1"}
    assert (await network.client().get(server[0] + "/v1/models")).status_code == 200
    with pytest.raises(TaskFailure):
        network.check_address("127.0.0.1", 1)


async def test_silence_is_bounded_and_half_an_answer_is_an_error(
    network: Network, server: tuple[str, list[str]], loopback_allowed: None
) -> None:
    with pytest.raises(httpx2.ReadTimeout):
        await network.client(silence_timeout_seconds=0.1).get(f"{server[0]}/slow")
    with pytest.raises(httpx2.RemoteProtocolError):
        await network.client().get(f"{server[0]}/cut")


async def test_a_header_with_a_line_break_is_not_sent(
    network: Network, server: tuple[str, list[str]], loopback_allowed: None
) -> None:
    with pytest.raises((httpx2.LocalProtocolError, ValueError)):
        await network.client().get(server[0], headers={"X-Own": "a\r\nX-Other: b"})
    assert server[1] == []


def test_other_protocols_ask_for_a_number() -> None:
    with pytest.raises(TaskFailure, match=r"localhost \((127\.0\.0\.1|::1)\)"):
        addresses.resolve("localhost", 25)


async def test_a_broken_certificate_is_said_in_words(network: Network) -> None:
    with pytest.raises(TaskFailure, match="certificate cannot be read"):
        network.client(ca_pem="nonsense")


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A name server that says nothing until the event is set."""
    answers = threading.Event()

    def slow(*asked: Any, **more: Any) -> Any:
        answers.wait(20)
        raise socket.gaierror("nobody knows")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield answers
    answers.set()


def test_a_slow_name_server_holds_no_question_longer_than_its_limit(lookups: threading.Event) -> None:
    question = HttpQuestion("http://slow.example/", "GET", (), None, ())
    answer = asyncio.run(_asked_alone(question, 0.05))
    assert "no whole answer within 0.05 s" in str(answer) and not lookups.is_set()


def test_a_name_is_looked_up_as_the_machine_does() -> None:
    found = asyncio.run(Resolver().resolve("localhost", 80, socket.AF_UNSPEC))
    assert {one["host"] for one in found} <= {"127.0.0.1", "::1"} and {one["port"] for one in found} == {80}
