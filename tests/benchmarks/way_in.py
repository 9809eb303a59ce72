"""The way in: requests to the API with a token, over connections that stay open, as a client program sends them."""

import http.client
import json
import subprocess
import sys
import threading
from typing import Any

from tests.benchmarks.sources import NAMESPACE
from tests.doubles.product import ROOT, Product

TIMEOUT_SECONDS = 120


def make_token(product: Product, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "token", "create", "benchmark"], env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


class Api:
    """One connection for each thread that calls."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}"}
        self._local = threading.local()

    def publish(self, source: str) -> str:
        """Creates a flow from its text; returns its id."""
        answer = self._post("/api/v1/flows", source.encode(), "application/x-yaml")
        return str(answer["id"])

    def run(self, flow_id: str) -> str:
        """Starts an execution; returns its id."""
        return str(self._post(f"/api/v1/executions/{NAMESPACE}/{flow_id}", b"", "")["id"])

    def get(self, path: str) -> Any:
        return self._send("GET", path, b"", "")

    def _post(self, path: str, body: bytes, kind: str) -> Any:
        return self._send("POST", path, body, kind)

    def _send(self, method: str, path: str, body: bytes, kind: str) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
            self._local.connection = connection
        connection.request(method, path, body, {**self._headers, **({"Content-Type": kind} if kind else {})})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {content[:500].decode(errors='replace')}")
        return json.loads(content)
