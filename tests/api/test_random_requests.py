"""Random requests to every address: whatever comes, the answer is never a 500."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from builder.api.urls import urlpatterns
from tests.api.conftest import Api

ODD = [
    "team",
    "hello",
    "x",
    "%00",
    "..",
    "%2e%2e",
    "a" * 300,
    "%ff",
    "%F0%9F%92%A9",
    "1",
    "-1",
    "kestra:",
    "'",
    "%25s",
    "ID",
    "RUN",
]
QUERIES = [
    "",
    "page=-1",
    "page=9999999999999999999",
    "size=1000&page=2147483647",
    "q=%00",
    "q=%ff%fe",
    "labels=%3A",
    "state=,,",
    "startDate=9999-12-31T23:59:59-23:59",
    "timeRange=P99999999Y",
    "revision=2147483648",
    "revision=-5",
    "sort=:",
    "sort=%F0%9F%92%A9:asc",
    "path=kestra:///executions/x/y/..",
    "taskRunId='",
    "scheduleDate=0001-01-01",
    "wait=maybe",
    "attempt=99999999999",
    "namespace=%25&flowId=_&q=%25",
    "labels=a:" + "b" * 2000,
    "minLevel=INFO&minLevel=x",
    "q=" + "(" * 50,
    "childFilter=main",
]
BODIES: list[Any] = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{}",
    b"[]",
    b"null",
    b'"\\ud800"',
    b"[null]",
    b'{"a":',
    b"1e400",
    b"9" * 5000,
    b'["ID"]',
    b'["\\u0000"]',
    b'[{"key": "\\ud800", "value": {}}]',
    b'[{"key": "a\\u0000", "value": "\\ud800"}]',
    b'{"taskRunId": [], "state": {}}',
    b'{"executionsId": ["ID"], "executionLabels": null}',
    b'{"keys": [1]}',
    b'{"namespace": "\\u0000", "flowId": "a", "triggerId": "b", "disabled": true}',
    b'[{"namespace": "a", "id": "b\\u0000"}]',
    b"id: a\nnamespace: b\ntasks: &x [*x]",
    b"---\n---\n",
    b"id: [",
    b"{{ 1 / 0 }}",
    b"{{ range(0, 99999999) }}",
    b"{{ 'x' * 99 }}",
    b"[" * 9000,
    b'{"name": {"a": ["\\ud800"]}}',
    b'--B\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\x00\r\n--B--\r\n',
    b'--B\r\nContent-Disposition: form-data; name="files"; filename="\x00../../x"\r\n\r\nx\r\n--B--\r\n',
]
KINDS = [
    "application/json",
    "application/x-yaml",
    "text/plain",
    "multipart/form-data; boundary=B",
    "x",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "a/b; charset=\xff",
    "application/x-www-form-urlencoded; charset=latin-1",
]


def addresses(patterns: list[Any], start: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, start + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield start + str(pattern.pattern)


def filled(address: str, chance: random.Random, names: dict[str, str]) -> str:
    while "<" in address:
        head, _, rest = address.partition("<")
        _, _, tail = rest.partition(">")
        word = chance.choice(ODD)
        address = head + names.get(word, word) + tail
    return address


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_is_answered(api: Api, hello: str, seed: int, settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    chance = random.Random(seed)
    names = {"ID": api.form("executions/team/hello").json()["id"], "RUN": "say"}
    api.prefix = "/api/v1/"
    for address in addresses(urlpatterns):
        if "follow" in address:
            continue
        for method in ("GET", "POST", "PUT", "DELETE"):
            path = f"{filled(address, chance, names)}?{chance.choice(QUERIES)}"
            body, kind = chance.choice(BODIES).replace(b"ID", names["ID"].encode()), chance.choice(KINDS)
            answer = api(method, path, body, kind)
            assert answer.status_code < 500, (method, path, body, kind, answer.content)
            if answer.status_code >= 400:
                assert answer.json()["message"]
