"""Every bad flow of the shared corpus gets the same answer from page, API and command line: quickly, and below 500."""

import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus" / "bad_flows"
FILES = sorted(CORPUS.glob("*.yaml"))
SECONDS = 2.0
API = "/api/v1/main/flows"

pytestmark = pytest.mark.skipif(not FILES, reason="the shared corpus is not here")
Problems = list[tuple[int, str]]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)


def _said(problems: list[dict[str, Any]], severity: str) -> Problems:
    return [(found["line"], found["message"]) for found in problems if found["severity"] == severity]


def _by_import_page(browser: Client, content: bytes) -> tuple[int, str]:
    upload = SimpleUploadedFile("bad.yaml", content, "application/x-yaml")
    answer = browser.post("/flows/import", {"file": upload})
    return answer.status_code, answer.content.decode()


def _by_api(browser: Client, content: bytes) -> tuple[int, list[dict[str, Any]]]:
    answer = browser.post(API, content, content_type="application/x-yaml")
    return answer.status_code, answer.json().get("problems", []) if answer.status_code >= 400 else []


def _by_validate(browser: Client, content: bytes) -> list[dict[str, Any]]:
    answer = browser.post(f"{API}/validate", content, content_type="application/x-yaml")
    assert answer.status_code == 200
    return [found for one in answer.json() for found in one["problems"]]


def _by_command(file: Path) -> list[dict[str, Any]]:
    out = io.StringIO()
    try:
        call_command("flow", "validate", str(file), "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        assert end.code == 1
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_ways_in_say_the_same_of_a_bad_flow(browser: Client, file: Path) -> None:
    content = file.read_bytes()
    began = time.process_time()
    validated = _by_validate(browser, content)
    commanded = _by_command(file)
    assert _said(commanded, "error") == _said(validated, "error")
    assert _said(commanded, "warning") == _said(validated, "warning")
    errors = _said(validated, "error")
    status, problems = _by_api(browser, content)
    assert (status in (413, 422)) is bool(errors), (status, errors)
    if status == 422:
        assert _said(problems, "error") == errors
        assert all(message for _, message in errors)
    browser.delete(f"{API}/{_ids(content)}")
    status, page = _by_import_page(browser, content)
    assert status == (302 if not errors else status) and status < 500
    if errors:
        assert status in (413, 422)
    _unescaped_is_nothing_of(content, page)
    listed = browser.get("/flows")
    assert listed.status_code == 200
    _unescaped_is_nothing_of(content, listed.content.decode())
    assert time.process_time() - began < 3 * SECONDS
    assert not Path("/tmp/PWNED").exists()


def _ids(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    found = [re.search(rf"^{name}: *([\w.-]+) *\r?$", text, re.MULTILINE) for name in ("namespace", "id")]
    return "/".join(each[1] if each else "none" for each in found)


def _unescaped_is_nothing_of(content: bytes, page: str) -> None:
    for hostile in ("<script>fetch", "<img src=x", "<svg onload", "<b>k</b>", "<b>x"):
        assert hostile not in page
    assert "Traceback" not in page
