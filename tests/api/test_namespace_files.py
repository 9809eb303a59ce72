"""Files of namespaces over the API."""

import io
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test.client import MULTIPART_CONTENT, encode_multipart

from tests.api.conftest import Api

FILES = "namespaces/company.team/files"
BOUNDARY = "BoUnDaRyStRiNg"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def upload(api: Api, path: str, content: bytes, name: str = "a.txt") -> Any:
    file = io.BytesIO(content)
    file.name = name  # type: ignore[attr-defined]
    body = encode_multipart(BOUNDARY, {"fileContent": file})
    return api("POST", f"{FILES}?path={quote(path)}", body, MULTIPART_CONTENT)


def content(api: Api, path: str, more: str = "") -> bytes:
    answer = api("GET", f"{FILES}?path={quote(path)}{more}")
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]


def test_a_file_is_kept_read_moved_and_deleted(api: Api):
    assert upload(api, "/prompts/a.txt", b"one").json()["revision"] == 1
    assert api("POST", f"{FILES}?path=prompts/a.txt", b"two", "text/plain").json()["size"] == 3
    assert content(api, "/prompts/a.txt") == b"two"
    assert content(api, "/prompts/a.txt", "&revision=1") == b"one"
    assert [one["revision"] for one in api.get(f"{FILES}/revisions?path=/prompts/a.txt")] == [2, 1]
    assert api("PUT", f"{FILES}?from=/prompts/a.txt&to=/texts/b.txt").status_code == 204
    assert api("GET", f"{FILES}?path=prompts/a.txt").status_code == 404
    assert content(api, "texts/b.txt") == b"two"
    assert api("DELETE", f"{FILES}?path=/texts").status_code == 204
    assert api("DELETE", f"{FILES}?path=/texts").status_code == 404


def test_folders_are_listed_searched_and_told_of(api: Api):
    upload(api, "a/b/C.txt", b"xyz")
    assert api("POST", f"{FILES}/directory?path=/empty").json()["type"] == "Directory"
    found = api.get(f"{FILES}/directory?path=/")
    assert [(one["fileName"], one["type"]) for one in found] == [("a", "Directory"), ("empty", "Directory")]
    assert [one["path"] for one in api.get(f"{FILES}/directory?path=a/b")] == ["/a/b/C.txt"]
    assert api.get(f"{FILES}/search?q=c.t") == ["/a/b/C.txt"]
    assert (api.get(f"{FILES}/stats?path=a/b/C.txt")["size"], api.get(f"{FILES}/stats")["files"]) == (3, 1)
    assert api("GET", f"{FILES}/directory?path=a/b/C.txt").status_code == 422
    assert api("GET", f"{FILES}/directory?path=nowhere").status_code == 404


def test_all_of_them_go_out_and_come_in_as_an_archive(api: Api):
    for path in ("a.txt", "deep/été.txt"):
        upload(api, path, path.encode())
    answer = api("GET", f"{FILES}/export")
    archive = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert sorted(packed.namelist()) == ["a.txt", "deep/", "deep/été.txt"]
    assert [one["path"] for one in upload(api, "copy", archive, "all.zip").json()] == [
        "/copy/a.txt",
        "/copy/deep/été.txt",
    ]
    assert content(api, "copy/deep/été.txt") == "deep/été.txt".encode()


def test_a_hostile_archive_is_refused(api: Api, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "NAMESPACE_FILE_BYTES": 1000}
    for name, size in (("../../etc/x", 1), ("bomb", 10_000_000)):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, b"0" * size)
        assert upload(api, "", made.getvalue(), "x.zip").status_code in (413, 422)
    assert upload(api, "", b"no archive", "x.zip").status_code == 422
    assert api.get(f"{FILES}/search") == []


@pytest.mark.parametrize(
    "path", ["", "..", "../x", "/a/../../x", "a\\b", "a%0Ab", "a%E2%80%AEb", "x" * 501, "%ED%A0%80"]
)
def test_bad_paths_are_refused_everywhere(api: Api, path: str):
    for method, where in (
        ("GET", f"?path={path}"), ("POST", f"?path={path}"), ("DELETE", f"?path={path}"),
        ("PUT", f"?from=a&to={path}"), ("POST", f"/directory?path={path}"), ("GET", f"/revisions?path={path}"),
    ):  # fmt: skip
        assert api(method, FILES + where, b"x", "text/plain").status_code in (404, 422), (method, where)


def test_a_bad_namespace_is_refused_and_an_empty_one_is_empty(api: Api):
    assert api("POST", "namespaces/-/files?path=a", b"x", "text/plain").status_code == 422
    assert api("POST", f"namespaces/{'n' * 151}/files?path=a", b"x", "text/plain").status_code == 422
    assert api.get("namespaces/nobody/files/directory") == []
