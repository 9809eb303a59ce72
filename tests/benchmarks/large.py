"""A flow of five hundred steps and fifty levels at the pages: opened, edited, drawn, published, run, looked at."""

import http.cookiejar
import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure, timed
from tests.benchmarks.sources import NAMESPACE
from tests.doubles.large_flows import nested_flow

STEPS, LEVELS, ID = 500, 50, "large"
_FACTS = re.compile(r'<script id="editor-facts" type="application/json">(.*?)</script>', re.DOTALL)


class Person:
    """Somebody who is logged in at the pages."""

    def __init__(self, bench: Bench) -> None:
        self._url = bench.product.url
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self.get("/login")
        form = {"username": "admin", "password": bench.password, "csrfmiddlewaretoken": self._token()}
        self._send("/login", urlencode(form).encode(), "application/x-www-form-urlencoded")

    def get(self, path: str) -> str:
        return self._send(path, None, "")

    def post(self, path: str, body: Any) -> dict[str, Any]:
        return dict(json.loads(self._send(path, json.dumps(body).encode(), "application/json")))

    def _token(self) -> str:
        return next((one.value or "" for one in self._cookies if one.name == "millstream_csrf"), "")

    def _send(self, path: str, body: bytes | None, kind: str) -> str:
        headers = {"X-CSRFToken": self._token(), "Referer": self._url, **({"Content-Type": kind} if kind else {})}
        request = urllib.request.Request(self._url + path, body, headers)
        with self._opener.open(request, timeout=120) as answer:
            return str(answer.read().decode())


def large(bench: Bench) -> list[Figure]:
    """Aims are for a quiet machine: nothing that a person waits for in the editor takes half a second."""
    times = 5 if bench.quick else 20
    person, flow = Person(bench), nested_flow(STEPS, LEVELS, ID, NAMESPACE)
    bench.api.publish(nested_flow(4, 2, "small", NAMESPACE))  # the first flow of a process loads all types
    saved = timed("publish over the API", [_seconds(lambda: bench.api.publish(flow))], aim=1000)
    edit = f"/flows/{NAMESPACE}/{ID}/edit"
    known = dict(json.loads(_FACTS.findall(person.get(edit))[0]))
    deepest = max((step["path"] for step in known["steps"]), key=len)
    change = _Changes(person, f"{edit}/change", known, deepest)
    runs = bench.repeat(ID, 3 if bench.quick else 10, warm=1)
    execution = bench.runs[ID][-1].id
    page = f"/executions/{execution}"
    return [
        saved,
        timed("the editor's page", _repeat(times, lambda: person.get(edit)), aim=1000),
        timed("another choice, with the list", _repeat(times, change.choose), aim=500),
        timed("one edit in the form", _repeat(times, change.edit), aim=500),
        timed("one edit, beside the graph", _repeat(times, lambda: change.edit(view="graph")), aim=500),
        timed("the text saved as typed", _repeat(times, change.type), aim=500),
        timed("the editor's page with the graph", _repeat(times, lambda: person.get(f"{edit}?view=graph")), aim=1000),
        timed("the run form", _repeat(times, lambda: person.get(f"{edit}/run")), aim=500),
        timed(f"run of {STEPS} steps", runs, aim=3000),
        timed("the execution's page", _repeat(times, lambda: person.get(page)), aim=1000),
        timed(
            "the execution's page with the graph", _repeat(times, lambda: person.get(f"{page}?view=graph")), aim=1000
        ),
    ]


class _Changes:
    """What the editor's page posts."""

    def __init__(self, person: Person, address: str, known: dict[str, Any], deepest: list[Any]) -> None:
        self._person, self._address, self._deepest, self._count = person, address, deepest, 0
        self._known, self._text = known, str(known["text"])

    def choose(self) -> None:
        self._post({"do": "choose", "to": self._deepest, "outline": ""})

    def edit(self, view: str = "list") -> None:
        self._count += 1
        path = [*self._deepest, "format"]
        self._post({"do": "field", "path": path, "control": "textarea", "raw": f"edit {self._count}", "view": view})

    def type(self) -> None:
        self._count += 1
        self._post({"do": "text", "text": f"{self._text}# typed {self._count}\n"})

    def _post(self, change: dict[str, Any]) -> None:
        signs = {"outline": self._known["outline_sign"], "drawn": self._known["graph_sign"]}
        body = {"base": self._known["base"], "chosen": self._deepest, **signs, **change}
        answer = self._person.post(self._address, body)
        assert "conflict" not in answer and not answer.get("refused"), answer
        self._known = {**self._known, **{key: answer[key] for key in ("base", "outline_sign", "graph_sign")}}


def _repeat(times: int, does: Callable[[], Any]) -> list[float]:
    does()
    return [_seconds(does) for _ in range(times)]


def _seconds(does: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    does()
    return time.perf_counter() - begun
