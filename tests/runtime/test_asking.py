"""http() in expressions: asked through the guarded network, each question once, without blocking anybody."""

from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web

from builder.expressions import ExpressionError, render_value
from builder.expressions.lookups import HttpQuestion
from builder.expressions.trial import GivenLookups
from builder.runtime.network import Network
from builder.runtime.world.asking import Answers, answered


class Asking(GivenLookups):
    """The given world, with answers."""

    def __init__(self, answers: Answers) -> None:
        super().__init__({}, {})
        self._answers = answers

    def http(self, question: HttpQuestion) -> Any:
        return self._answers.of(question)


@pytest.fixture
async def server(settings: Any) -> AsyncIterator[tuple[str, list[str]]]:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ALLOW_NETWORKS": (ip_network("127.0.0.1/32"),)}
    hits: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        hits.append(request.raw_path)
        if request.path == "/text":
            return web.Response(text="plain")
        if request.path == "/missing":
            raise web.HTTPNotFound
        if request.path == "/large":
            return web.Response(body=b"x" * 5_000_000)
        return web.json_response(
            {"method": request.method, "query": dict(request.query), "body": await request.text(),
             "type": request.content_type, "who": request.headers.get("Authorization"), "x": request.headers.get("X")}
        )  # fmt: skip

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


async def shown(template: str, **variables: Any) -> Any:
    network = Network()

    async def once(answers: Answers) -> Any:
        return render_value(template, variables, Asking(answers), typed=True)

    try:
        return await answered(network, once)
    finally:
        await network.close()


async def test_it_gives_the_json_of_an_answer_and_asks_once(server: tuple[str, list[str]]) -> None:
    url, hits = server
    question = "http(u ~ '/a', query={'q': 'x y'}, headers={'X': '1'})"
    assert await shown("{{ " + question + ".query.q ~ " + question + ".x ~ http(u ~ '/text') }}", u=url) == "x y1plain"
    assert hits == ["/a?q=x+y", "/text"]


async def test_it_sends_a_body_with_its_type_and_credentials(server: tuple[str, list[str]]) -> None:
    url, _ = server
    got = await shown("{{ http(u, 'post', body={'a': 1}, options={'auth': {'type': 'BEARER', 'token': 't'}}) }}", u=url)
    assert (got["method"], got["body"], got["type"], got["who"]) == ("POST", '{"a":1}', "application/json", "Bearer t")
    form = "{{ http(u, 'POST', body={'a': 1}, contentType='application/x-www-form-urlencoded').body }}"
    assert await shown(form, u=url) == "a=1"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("http(u ~ '/missing')", "server respond with status 404 : Not Found"),
        ("http(u ~ '/large')", "larger than 4 MB"),
        ("http('http://10.0.0.1/')", "Failed to execute HTTP request: .*MILLSTREAM_ALLOW_NETWORKS"),
        ("http('file:///etc/passwd')", "Failed to execute HTTP request"),
        ("http(u, options={'proxy': 'x'})", "have no `proxy`"),
        ("http()", "The 'http' function expects an argument 'uri'."),
        ("http(null)", "must be a text"),
    ],
)
async def test_what_goes_wrong_is_an_error_of_the_expression(
    server: tuple[str, list[str]], call: str, message: str
) -> None:
    with pytest.raises(ExpressionError, match=message):
        await shown("{{ " + call + " }}", u=server[0])


async def test_questions_are_counted(server: tuple[str, list[str]]) -> None:
    with pytest.raises(ExpressionError, match="at most 20 times"):
        await shown("{% for n in 1..30 %}{{ http(u ~ '/' ~ n).method }}{% endfor %}", u=server[0])
    assert len(server[1]) == 20


def test_without_a_running_task_nobody_is_asked() -> None:
    with pytest.raises(ExpressionError, match="while a task runs"):
        render_value("{{ http('http://example.org') }}", {}, GivenLookups({}, {}))
