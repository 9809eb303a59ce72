"""What a user of the product can do over HTTP, for rows: save a flow, run it, wait, look."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any

from tests.faults.parts import PATIENCE_SECONDS, wait_until

TERMINAL = frozenset({"SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "SKIPPED", "RETRIED"})
AWAY = (urllib.error.URLError, HTTPException, OSError)
"""What a caller meets while nobody answers."""
ANSWER_SECONDS = 30.0
Record = dict[str, Any]


class Refused(Exception):
    """The product answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:400]}")
        self.status, self.text = status, text


class Lab:
    """One product's API with a token of its own; looking is patient through outages, acting is not."""

    def __init__(self, url: str, token: str, password: str) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._password = password
        self._pages: urllib.request.OpenerDirector | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = "application/json",
        seconds: float = ANSWER_SECONDS,
    ) -> Any:  # fmt: skip
        """One call. Raises Refused, or one of AWAY."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/main/{path}", body, {**self._headers, "Content-Type": kind}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read().decode(errors="replace")) from None
        return json.loads(text) if text else None

    def patiently(self, work: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
        """Again and again while nobody answers or the product is unavailable."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return work()
            except Refused as error:
                if error.status != 503 or time.monotonic() > deadline:
                    raise
            except AWAY:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def get(self, path: str, **query: Any) -> Any:
        asked = f"{path}?{urllib.parse.urlencode(query, doseq=True)}" if query else path
        return self.patiently(lambda: self.ask("GET", asked))

    def post(self, path: str, body: Any = None, method: str = "POST") -> Any:
        return self.ask(method, path, b"" if body is None else json.dumps(body).encode())

    # Flows

    def save(self, text: str) -> Record:
        """A new flow, or a new text of it."""
        head = dict(line.split(": ", 1) for line in text.splitlines() if line.startswith(("id: ", "namespace: ")))
        address = f"flows/{head['namespace']}/{head['id']}"
        try:
            return self.ask("POST", "flows", text.encode(), kind="application/x-yaml")
        except Refused as error:
            if "already" not in error.text:
                raise
        return self.ask("PUT", address, text.encode(), kind="application/x-yaml")

    def delete(self, namespace: str, flow_id: str) -> None:
        self.ask("DELETE", f"flows/{namespace}/{flow_id}")

    # Executions

    def run(
        self, namespace: str, flow_id: str, inputs: Mapping[str, Any] | None = None, *, labels: Sequence[str] = (),
        seconds: float = ANSWER_SECONDS, **query: Any,
    ) -> str:  # fmt: skip
        """The id that it was answered with. Raises Refused, or one of AWAY."""
        asked = urllib.parse.urlencode({"labels": labels, **query}, doseq=True)
        body = json.dumps(inputs or {}).encode()
        return str(self.ask("POST", f"executions/{namespace}/{flow_id}?{asked}", body, seconds=seconds)["id"])

    def execution(self, execution_id: str) -> Record:
        found: Record = self.get(f"executions/{execution_id}")
        return found

    def state(self, execution_id: str) -> str:
        return str(self.execution(execution_id)["state"]["current"])

    def wait(self, execution_id: str, *states: str, seconds: float = PATIENCE_SECONDS) -> Record:
        """The record, once it is in one of these states (any end, when none is named)."""
        wanted = frozenset(states) or TERMINAL
        seen: list[Record] = []

        def there() -> bool:
            seen[:] = [self.execution(execution_id)]
            return seen[0]["state"]["current"] in wanted

        try:
            wait_until(there, f"{execution_id} becomes {' or '.join(sorted(wanted))}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {json.dumps(seen and seen[0]['state'])}") from None
        return seen[0]

    def found(self, namespace: str = "", **query: Any) -> list[Record]:
        """All executions of a namespace (its flows alone), without their task runs."""
        asked = {"namespace": namespace, "exactNamespace": "true"} if namespace else {}
        records: list[Record] = []
        page = 1
        while True:
            answer = self.get("executions/search", **asked, **query, size=1000, page=page)
            records += answer["results"]
            if len(records) >= answer["total"] or not answer["results"]:
                return records
            page += 1

    def count(self, namespace: str, flow_id: str, *states: str) -> int:
        found = self.found(namespace, flowId=flow_id, **({"state": states} if states else {}))
        return len(found)

    def kill(self, execution_id: str) -> None:
        self.ask("DELETE", f"executions/{execution_id}/kill")

    def resume(self, execution_id: str) -> None:
        self.post(f"executions/{execution_id}/resume")

    def logs(self, execution_id: str) -> list[str]:
        return [line["message"] for line in self.get(f"logs/{execution_id}")]

    # Triggers

    def switch(self, namespace: str, flow_id: str, trigger: str, on: bool) -> None:
        self.post(
            "triggers", {"namespace": namespace, "flowId": flow_id, "triggerId": trigger, "disabled": not on}, "PUT"
        )

    def slots(self, namespace: str, flow_id: str, trigger: str) -> list[Record]:
        found: list[Record] = self.get(f"triggers/{namespace}/{flow_id}/{trigger}/slots", size=1000)["results"]
        return found

    def webhook(self, namespace: str, flow_id: str, key: str, body: Any, seconds: float = ANSWER_SECONDS) -> Any:
        return self.ask(
            "POST", f"executions/webhook/{namespace}/{flow_id}/{key}", json.dumps(body).encode(), seconds=seconds
        )

    # Pages

    def page(self, path: str) -> tuple[int, str]:
        """A page as a person who is logged in gets it: status and text. Raises one of AWAY."""
        if self._pages is None:
            self._pages = self._logged_in()
        try:
            with self._pages.open(self.url + path, timeout=ANSWER_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace")

    def _logged_in(self) -> urllib.request.OpenerDirector:
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(f"{self.url}/login", timeout=ANSWER_SECONDS).close()
        token = next(cookie.value for cookie in jar if cookie.name == "millstream_csrf")
        form = {"username": "lab", "password": self._password, "csrfmiddlewaretoken": token}
        opener.open(f"{self.url}/login", urllib.parse.urlencode(form).encode(), timeout=ANSWER_SECONDS).close()
        return opener
