"""Request and Download against a real server."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from builder.errors import TaskFailure
from builder.tasks.http.download import Download
from builder.tasks.http.request import Request
from builder.tasks.testing import FakeContext, run_task
from tests.doubles.patience import PATIENCE_SECONDS
from tests.tasks.conftest import Site


async def ask(site: Site, path: str = "/echo", context: FakeContext | None = None, **written: Any) -> dict[str, Any]:
    return await run_task(Request, {"uri": site.url + path, **written}, context)


async def test_it_keeps_status_headers_and_body(site: Site) -> None:
    outputs = await ask(site)
    assert (outputs["uri"], outputs["code"]) == (site.url + "/echo", 200)
    assert outputs["headers"]["X-Seen"] == ["yes"]
    assert json.loads(outputs["body"])["method"] == "GET"


async def test_it_sends_text_as_it_is_and_maps_as_json(site: Site) -> None:
    await ask(site, method="POST", body='{"a": 1}')
    await ask(site, method="PUT", body={"name": "José"}, headers={"X-Number": 5}, params={"page": 2, "tag": ["a", "b"]})
    assert [request["body"] for request in site.requests] == ['{"a": 1}', '{"name": "José"}'.encode().decode("latin-1")]
    assert site.requests[0]["headers"]["Content-Type"] == "application/json"
    assert site.requests[1]["headers"]["X-Number"] == "5"
    assert site.requests[1]["path"] == "/echo?page=2&tag=a&tag=b"


async def test_query_parameters_join_those_of_the_address(site: Site) -> None:
    await ask(site, "/echo?a=1", params={"b": "x y"})
    assert site.requests[0]["path"] == "/echo?a=1&b=x+y"


async def test_headers_may_hold_any_letter_but_no_line_break(site: Site) -> None:
    await ask(site, headers={"X-Name": "José"})
    with pytest.raises(TaskFailure, match=r"headers\.X-Name may not hold a line break"):
        await ask(site, headers={"X-Name": "a\r\nX-Evil: 1"})
    with pytest.raises(TaskFailure, match="cannot be the name of a header"):
        await ask(site, headers={"X Name:": "a"})
    assert len(site.requests) == 1


async def test_keys_in_headers_are_not_kept_for_the_page(site: Site) -> None:
    context = FakeContext()
    await ask(site, context=context, headers={"Authorization": "Bearer t0", "X-Other": "shown"})
    assert context.requests[0]["headers"] == {"Authorization": "***", "X-Other": "shown", "User-Agent": "Millstream"}


async def test_it_sends_a_web_form(site: Site) -> None:
    await ask(site, method="POST", formData={"name": "a b", "n": 1})
    assert site.requests[0]["body"] == "name=a+b&n=1"
    assert site.requests[0]["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


async def test_it_sends_files_of_the_execution_in_a_multipart_form(site: Site) -> None:
    context = FakeContext()
    uri = await context.files.put("prices.csv", b"1,2")
    form = {"title": "hello", "file": uri, "other": {"name": "b.txt", "content": uri}}
    await ask(site, context=context, method="POST", contentType="multipart/form-data", formData=form)
    body = site.requests[0]["body"]
    assert 'name="title"\r\n\r\nhello' in body
    assert 'name="file"; filename="prices.csv"' in body and "1,2" in body
    assert 'name="other"; filename="b.txt"' in body


async def test_a_refused_status_fails_and_tells_what_the_server_said(site: Site) -> None:
    with pytest.raises(TaskFailure, match=r"GET .*/missing answered 404 Not Found: no such order"):
        await ask(site, "/missing")


@pytest.mark.parametrize(
    "written",
    [
        {"allowFailed": True},
        {"options": {"allowFailed": True}},
        {"options": {"allowedResponseCodes": [200, 404]}},
    ],
)
async def test_a_refused_status_may_be_accepted(site: Site, written: dict[str, Any]) -> None:
    assert (await ask(site, "/missing", **written))["code"] == 404


async def test_only_the_accepted_statuses_are_accepted(site: Site) -> None:
    with pytest.raises(TaskFailure, match="answered 200 OK"):
        await ask(site, options={"allowedResponseCodes": [404]})


async def test_it_goes_through_a_proxy_by_either_name(site: Site) -> None:
    port = int(site.url.rpartition(":")[2])
    new = {"proxy": {"type": "HTTP", "address": "127.0.0.1", "port": port, "username": "ann", "password": "p w"}}
    old = {"proxyType": "HTTP", "proxyAddress": "127.0.0.1", "proxyPort": port}
    for options in (new, old):
        await run_task(Request, {"uri": "http://shop.invalid/echo", "options": options})
    assert [request["headers"]["Host"] for request in site.requests] == ["shop.invalid", "shop.invalid"]
    assert site.requests[0]["headers"]["Proxy-Authorization"].startswith("Basic ")
    with pytest.raises(TaskFailure, match="SOCKS proxies are not supported"):
        await ask(site, options={"proxyType": "SOCKS", "proxyAddress": "127.0.0.1"})


async def test_parts_of_the_exchange_are_logged_without_keys(site: Site) -> None:
    context = FakeContext()
    options = {"logs": ["REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_BODY"]}
    await ask(site, context=context, method="POST", body="hello", headers={"Authorization": "x"}, options=options)
    said = [line for level, line in context.logs if level == "INFO"]
    assert [line.partition(":")[0] for line in said] == ["REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_BODY"]
    assert '"Authorization": "***"' in said[0] and said[1] == "REQUEST_BODY: hello" and "hello" in said[2]
    context = FakeContext()
    await ask(site, context=context, options={"logLevel": "INFO"})
    assert [line.partition(":")[0] for level, line in context.logs if level == "INFO"] == ["RESPONSE_HEADERS"]


async def test_the_body_is_written_in_the_charset_that_is_asked_for(site: Site) -> None:
    await ask(
        site, "/cookies", method="POST", body="café", contentType="text/plain", options={"defaultCharset": "ISO-8859-1"}
    )
    assert site.requests[0]["body"] == "café"
    with pytest.raises(TaskFailure, match="there is no charset nope"):
        await ask(site, method="POST", body="x", options={"defaultCharset": "nope"})
    with pytest.raises(TaskFailure, match="letters that ISO-8859-1 does not have"):
        await ask(site, method="POST", body="日本", options={"defaultCharset": "ISO-8859-1"})


async def test_it_follows_redirects_unless_told_not_to(site: Site) -> None:
    assert (await ask(site, "/redirect"))["uri"] == site.url + "/echo"
    assert (await ask(site, "/redirect", options={"followRedirects": False}))["code"] == 302


async def test_an_answer_larger_than_the_limit_is_a_failure(site: Site) -> None:
    with pytest.raises(TaskFailure, match=r"larger than 4000 bytes; options\.maxContentLength"):
        await ask(site, "/big", options={"maxContentLength": 4000})
    assert len((await ask(site, "/big", options={"maxContentLength": 5000}))["body"]) == 5000


async def test_it_reads_the_charset_of_the_answer(site: Site) -> None:
    assert (await ask(site, "/latin"))["body"] == "café"


async def test_a_header_with_several_values_keeps_them_all(site: Site) -> None:
    assert (await ask(site, "/cookies"))["headers"]["X-Part"] == ["one", "two"]


@pytest.mark.parametrize(
    "options",
    [
        {"auth": {"type": "BASIC", "username": "ann", "password": "pw"}},
        {"basicAuthUser": "ann", "basicAuthPassword": "pw"},
    ],
)
async def test_it_signs_in_by_name_and_password(site: Site, options: dict[str, Any]) -> None:
    context = FakeContext()
    await ask(site, context=context, options=options)
    assert site.requests[0]["headers"]["Authorization"] == "Basic YW5uOnB3"
    assert context.masked == ["pw"]
    assert "pw" not in str(context.requests)


async def test_it_signs_in_by_token(site: Site) -> None:
    await ask(site, options={"auth": {"type": "BEARER", "token": "t0"}})
    assert site.requests[0]["headers"]["Authorization"] == "Bearer t0"


async def test_a_silent_server_is_a_failure(site: Site) -> None:
    with pytest.raises(TaskFailure, match=r"sent nothing for 0\.05 s"):
        await ask(site, "/silent", options={"timeout": {"readIdleTimeout": "PT0.05S"}})


async def test_a_cancelled_request_closes_its_connection() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        with suppress(ConnectionError):
            await reader.read()
            writer.close()
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        asking = asyncio.create_task(run_task(Request, {"uri": uri}))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(gone.wait(), PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ftp://example.com/x", "uri: an address begins with http:// or https://"),
        ("no address", "uri: an address begins with http:// or https://"),
        ("http://", "uri: an address begins with http:// or https://"),
        ("http://[::1", "is no address that can be asked"),
        ("http://127.0.0.1:1/", r"127\.0\.0\.1:1 cannot be reached"),
    ],
)
async def test_an_address_that_cannot_be_reached_is_named(uri: str, message: str) -> None:
    with pytest.raises(TaskFailure, match=message):
        await run_task(Request, {"uri": uri})


async def test_an_encrypted_body_is_not_shown(site: Site) -> None:
    context = FakeContext()
    outputs = await ask(site, context=context, encryptBody=True)
    assert outputs["body"] is None
    assert outputs["encryptedBody"]["type"] == "io.kestra.datatype:aes_encrypted"
    assert any("GET" in text for text in context.masked)


async def test_the_options_shape_the_client(site: Site) -> None:
    context = FakeContext()
    await ask(
        site,
        context=context,
        options={"connectTimeout": "PT3S", "readTimeout": "PT7S"},
        sslOptions={"insecureTrustAllCertificates": True},
    )
    asked = context.http.asked[0]
    assert (asked["connect_timeout_seconds"], asked["silence_timeout_seconds"], asked["verify"]) == (3.0, 7.0, False)


async def test_it_downloads_a_file_under_its_bare_name(site: Site) -> None:
    context = FakeContext()
    outputs = await run_task(Download, {"uri": site.url + "/file"}, context)
    assert outputs["uri"].endswith("/prices.csv") and ".." not in outputs["uri"]
    assert (outputs["code"], outputs["length"]) == (200, 8)
    assert context.files.contents[outputs["uri"]] == b"a,b\n1,2\n"


async def test_an_empty_download_fails_unless_it_is_accepted(site: Site) -> None:
    with pytest.raises(TaskFailure, match="answered without content"):
        await run_task(Download, {"uri": site.url + "/empty"})
    assert (await run_task(Download, {"uri": site.url + "/empty", "failOnEmptyResponse": False}))["length"] == 0


async def test_a_download_has_its_limit_too(site: Site) -> None:
    with pytest.raises(TaskFailure, match="larger than 100 bytes"):
        await run_task(Download, {"uri": site.url + "/big", "options": {"maxContentLength": 100}})
