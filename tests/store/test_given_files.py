"""Files that inputs name: found in a namespace, or in a folder that the server opens."""

from pathlib import Path
from typing import Any

import pytest

from builder.errors import Forbidden, InvalidInput, NotFound
from builder.flows.check import check
from builder.store import namespace_files
from builder.store.births import resolve_inputs
from builder.store.births.given_files import LocalFile, files_seen_from
from builder.tasks.catalogue import catalogue
from tests.store.conftest import NOW

pytestmark = pytest.mark.django_db

FLOW = """\
id: a
namespace: team
inputs:
  - {id: f, type: FILE, defaults: "%s", allowedFileExtensions: [.csv]}
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
"""


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    namespace_files.put("team", "data/a.csv", b"x", NOW)
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / "b.csv").write_bytes(b"y" * 10)
    (folder / "out.csv").symlink_to("/etc/hostname")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "LOCAL_FILES": (str(folder),)}
    return folder


def defaulted(default: str, **more: Any) -> Any:
    flow = check(FLOW % default, catalogue()).valid_flow
    found = resolve_inputs(flow, 1, {}, NOW, **more)
    return [fault.message for fault in found.faults] or found.values["f"]


def test_a_file_of_the_namespace_becomes_the_address_that_every_task_reads() -> None:
    assert defaulted("nsfile:///data/a.csv") == "kestra:///team/_files/data/a.csv"
    (fault,) = defaulted("nsfile:///data/b.csv")
    assert "data/b.csv" in fault and fault.startswith("Invalid input for `f`")


def test_a_local_file_is_kept_with_the_run_and_judged_like_an_upload(media: Path) -> None:
    kept = defaulted(f"file://{media}/b.csv", keep_file=lambda name, upload: b"".join(upload.chunks()).decode())
    assert kept == "y" * 10
    (media / "c.txt").write_text("x")
    assert "its name must end with one of `[.csv]`" in defaulted(f"file://{media}/c.txt")[0]


def test_nothing_outside_the_open_folders_is_found(media: Path, settings: Any) -> None:
    find = files_seen_from("team")
    assert isinstance(find(f"file://{media}/b.csv"), LocalFile)
    for hostile in ("file:///etc/passwd", f"file://{media}/../media", f"file://{media}/out.csv", "file:///"):
        with pytest.raises(Forbidden, match="MILLSTREAM_LOCAL_FILES"):
            find(hostile)
    with pytest.raises(NotFound):
        find(f"file://{media}/none.csv")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "LOCAL_FILES": ()}
    with pytest.raises(Forbidden):
        find(f"file://{media}/b.csv")


def test_a_folder_of_the_namespace_is_no_file() -> None:
    with pytest.raises((InvalidInput, NotFound)):
        files_seen_from("team")("nsfile:///data")
