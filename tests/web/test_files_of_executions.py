"""Files of executions: previewed and downloaded on the page and over the API."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from builder.actions import flows as flow_actions
from builder.actions.executions import running
from builder.clock import SystemClock
from builder.runtime.files import storage
from builder.store import namespace_files

FLOW = "id: one\nnamespace: lab\ntasks:\n  - {id: a, type: io.kestra.plugin.core.log.Log, message: hi}\n"


@pytest.fixture
def execution_id(ada: Any, settings: Any, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = str(tmp_path)
    flow_actions.create_flow(FLOW, by="ada")
    return running.run("lab", "one").id


def test_a_table_is_shown_as_one(browser: Client, execution_id: str):
    uri = storage.put(execution_id, "prices.csv", b"name,price\ntea,<b>3</b>\n")
    page = browser.get(f"/executions/{execution_id}/file/preview", {"path": uri}).content.decode()
    assert "<th>price</th>" in page and "&lt;b&gt;3" in page and "prices.csv" in page and "download=1" in page


def test_what_cannot_be_shown_can_be_downloaded(browser: Client, execution_id: str):
    uri = storage.put(execution_id, "a.bin", b"\0\1")
    assert "cannot be shown" in browser.get(f"/executions/{execution_id}/file/preview", {"path": uri}).content.decode()
    answer = browser.get(f"/executions/{execution_id}/file", {"path": uri, "download": "1"})
    assert b"".join(answer.streaming_content) == b"\0\1"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment")


def test_files_of_namespaces_are_shown_too_and_those_of_strangers_are_not(browser: Client, execution_id: str):
    namespace_files.put("lab", "a.md", b"# Hello", SystemClock().now())
    for uri, status in (
        ("kestra:///lab/_files/a.md", 200), ("kestra:///executions/someoneelse0000000000/a/b.txt", 403),
        ("kestra:///../../secret_key", 404), ("a.md", 404), ("file:///etc/passwd", 404),
    ):  # fmt: skip
        assert browser.get(f"/executions/{execution_id}/file/preview", {"path": uri}).status_code == status, uri


def test_the_api_gives_size_and_beginning(browser: Client, execution_id: str):
    uri = storage.put(execution_id, "a.ion", b"{a:1}\n{a:2}\n")
    where = f"/api/v1/executions/{execution_id}/file"
    assert browser.get(f"{where}/metas", {"path": uri}).json() == {"size": 12}
    found = browser.get(f"{where}/preview", {"path": uri, "maxRows": 1}).json()
    assert found == {"extension": "ion", "type": "LIST", "content": [{"a": 1}], "truncated": True}
    assert browser.get(f"{where}/preview", {"path": uri, "maxRows": 0}).status_code == 422
    assert browser.get(f"{where}/preview", {"path": uri, "encoding": "klingon"}).status_code == 422


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("image-1.svg", SVG, False),
        ("image-1.png", SVG, False),
        ("image-1.png", b"PK\x03\x04" + bytes(40), False),
        ("image-1.html", b"<html><script>alert(1)</script></html>", False),
        ("image-1.svg", b"\x89PNG\r\n\x1a\n" + bytes(40), True),
    ],
)
def test_a_picture_is_shown_for_what_it_holds_and_anything_else_is_a_download(
    browser: Client, execution_id: str, name: str, content: bytes, shown: bool
):
    uri = storage.put(execution_id, name, content)
    answer = browser.get(f"/executions/{execution_id}/file", {"path": uri})
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Type"] == ("image/png" if shown else "application/octet-stream")
    assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert answer.getvalue() == content
    page = browser.get(f"/executions/{execution_id}/file/preview", {"path": uri}).content.decode()
    assert "<script>alert" not in page and "onload=" not in page.replace("onload=&quot;", "")
