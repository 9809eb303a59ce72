"""A whole product on PostgreSQL goes on when the server has cut every connection, as its restart does."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.doubles.patience import PATIENCE_SECONDS, wait_until
from tests.doubles.product import ROOT, Product, own_database

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="needs PostgreSQL"),
]
FLOW = """\
id: one
namespace: lab
tasks:
  - {id: wait, type: io.kestra.plugin.core.flow.Sleep, duration: PT4S}
  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}
"""


class Caller:
    """Calls the API of a product with a token of its admin."""

    def __init__(self, product: Product) -> None:
        self._url = f"{product.url}/api/v1/main/"
        command = [sys.executable, str(ROOT / "manage.py"), "token", "create", "tests"]
        environment = {**os.environ, "MILLSTREAM_DATA": str(product.data), **own_database(product.data)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        self._headers = {"Authorization": f"Bearer {done.stdout.strip()}", "Content-Type": "application/x-yaml"}

    def __call__(self, path: str, body: str | None = None) -> Any:
        data = None if body is None else body.encode()
        request = urllib.request.Request(self._url + path, data, self._headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)


def cut_all(data: Path) -> int:
    """Ends every connection to the product's database; returns how many there were."""
    url = own_database(data)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as server:
        cut = server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(cut.fetchall())


def test_a_cut_of_all_connections_loses_nothing(tmp_path: Path) -> None:
    with Product(tmp_path) as product:
        call = Caller(product)
        call("flows", FLOW)
        running = call("executions/lab/one", "")["id"]
        wait_until(lambda: call(f"executions/{running}")["state"]["current"] == "RUNNING")
        assert cut_all(tmp_path) >= 3
        for _ in range(10):
            assert product.get("/health/ready")[0] == 200
            assert call(f"executions/{running}")["id"] == running
        assert call("executions/lab/one?wait=true", "")["state"]["current"] == "SUCCESS"
        ended = call(f"executions/{running}")
        assert ended["state"]["current"] == "SUCCESS"
        assert len(ended["taskRunList"][1]["attempts"]) == 1
        assert len(product.processes()) >= 5
