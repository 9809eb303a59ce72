"""Tasks on files: joined, split, filtered, turned round, row by row."""

import json
from typing import Any

import pytest

from builder.errors import TaskFailure
from builder.tasks.base import Task
from builder.tasks.core.namespace.delete_files import DeleteFiles
from builder.tasks.core.namespace.download_files import DownloadFiles
from builder.tasks.core.namespace.upload_files import UploadFiles
from builder.tasks.core.storage.concat import Concat
from builder.tasks.core.storage.deduplicate_items import DeduplicateItems
from builder.tasks.core.storage.delete import Delete
from builder.tasks.core.storage.filter_items import FilterItems
from builder.tasks.core.storage.local_files import LocalFiles
from builder.tasks.core.storage.purge_current_execution_files import PurgeCurrentExecutionFiles
from builder.tasks.core.storage.reverse import Reverse
from builder.tasks.core.storage.size import Size
from builder.tasks.core.storage.split import Split, bytes_in
from builder.tasks.core.storage.write import Write
from builder.tasks.testing import FakeContext, run_task

ITEMS = b'{"k": 1, "v": "a"}\n{k:2,v:"b"}\n\n{"k": 1, "v": "c"}\n{"k": 3}\n'


class Files:
    """A context whose files are named shortly."""

    def __init__(self, **files: bytes) -> None:
        self.context = FakeContext()
        self.context.files.contents.update({f"kestra:///{name}.txt": content for name, content in files.items()})

    async def run(self, task: type[Task], **written: Any) -> dict[str, Any]:
        return await run_task(task, written, self.context)

    def __getitem__(self, uri: str) -> bytes:
        return self.context.files.contents[uri]


async def test_files_are_joined_with_the_separator_after_each():
    files = Files(a=b"one", b=b"two")
    found = await files.run(Concat, files=["kestra:///a.txt", "kestra:///b.txt"], separator="\n")
    assert files[found["uri"]] == b"one\ntwo\n" and found["uri"].endswith(".tmp")
    found = await files.run(Concat, files='["kestra:///a.txt", "kestra:///a.txt"]', extension=".csv")
    assert files[found["uri"]] == b"oneone" and found["uri"].endswith(".csv")


@pytest.mark.parametrize("wrong", ["kestra:///a.txt", "[1]", 5, ["kestra:///missing"]])
async def test_what_cannot_be_joined_is_refused(wrong: Any):
    with pytest.raises(TaskFailure):
        await Files(a=b"one").run(Concat, files=wrong)


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        ({"rows": 2}, [b"1\n2\n", b"3\n4\n", b"5\n"]),
        ({"partitions": 2}, [b"1\n3\n5\n", b"2\n4\n"]),
        ({"partitions": 8}, [b"1\n", b"2\n", b"3\n", b"4\n", b"5\n"]),
        ({"bytes": "3"}, [b"1\n2\n", b"3\n4\n", b"5\n"]),
        ({"bytes": "1KB", "rows": 1, "partitions": 3}, [b"1\n2\n3\n4\n5\n"]),
        ({"rows": 9, "separator": "3"}, [b"1\n2\n3\n4\n53"]),
    ],
)
async def test_a_file_is_split(how: dict[str, Any], parts: list[bytes]):
    files = Files(a=b"1\n2\n3\n4\n5")
    found = await files.run(Split, **{"from": "kestra:///a.txt"}, **how)
    assert [files[uri] for uri in found["uris"]] == parts


async def test_a_split_must_say_how():
    with pytest.raises(TaskFailure, match="one of bytes, partitions and rows"):
        await Files(a=b"1").run(Split, **{"from": "kestra:///a.txt"})


async def test_an_empty_file_has_no_parts():
    assert await Files(a=b"").run(Split, **{"from": "kestra:///a.txt", "rows": 1}) == {"uris": []}


@pytest.mark.parametrize(("text", "size"), [("10MB", 10 << 20), ("1 kb", 1024), ("7", 7), ("2GiB", 2 << 30)])
def test_sizes_are_read(text: str, size: int):
    assert bytes_in(text) == size


@pytest.mark.parametrize("text", ["", "0", "MB", "-1", "1.5MB"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ValueError, match="10MB"):
        bytes_in(text)


async def test_of_items_with_the_same_key_the_last_stays():
    files = Files(a=ITEMS)
    found = await files.run(DeduplicateItems, **{"from": "kestra:///a.txt"}, expr="{{ k }}")
    assert files[found["uri"]] == b'{k:2,v:"b"}\n{"k": 1, "v": "c"}\n{"k": 3}\n'
    assert (found["numKeys"], found["processedItemsTotal"], found["droppedItemsTotal"]) == (3, 4, 1)


@pytest.mark.parametrize(
    ("how", "kept"),
    [
        ({"filterCondition": "{{ k == 1 }}"}, ["a", "c"]),
        ({"filterCondition": "{{ k == 1 }}", "filterType": "EXCLUDE"}, ["b", None]),
        ({"filterCondition": "{{ v == 'b' }}", "errorOrNullBehavior": "EXCLUDE"}, ["b"]),
        ({"filterCondition": "{{ v == 'b' }}", "errorOrNullBehavior": "INCLUDE"}, ["b", None]),
        ({"filterCondition": "{{ item.v ?? null }}", "errorOrNullBehavior": "INCLUDE"}, ["a", "b", "c", None]),
    ],
)
async def test_items_are_filtered(how: dict[str, Any], kept: list[str | None]):
    files = Files(a=ITEMS.replace(b'{k:2,v:"b"}', b'{"k": 2, "v": "b"}'))
    found = await files.run(FilterItems, **{"from": "kestra:///a.txt"}, **how)
    assert [json.loads(row).get("v") for row in files[found["uri"]].splitlines()] == kept
    assert found["processedItemsTotal"] == 4 and found["droppedItemsTotal"] == 4 - len(kept)


async def test_a_condition_that_fails_names_its_item():
    with pytest.raises(TaskFailure, match="item 4"):
        await Files(a=ITEMS).run(FilterItems, **{"from": "kestra:///a.txt", "filterCondition": "{{ v == 'b' }}"})
    with pytest.raises(TaskFailure, match="Line 1 of the file"):
        await Files(a=b"{{{").run(FilterItems, **{"from": "kestra:///a.txt", "filterCondition": "true"})


@pytest.mark.parametrize(
    ("content", "turned"),
    [(b"1\n2\n3\n", b"3\n2\n1\n"), (b"1\n2", b"2\n1\n"), (b"", b""), (b"\n", b"\n"), (b"a\n\nb\n", b"b\n\na\n")],
)
async def test_rows_are_turned_round(content: bytes, turned: bytes):
    files = Files(a=content)
    assert files[(await files.run(Reverse, **{"from": "kestra:///a.txt"}))["uri"]] == turned


async def test_a_long_file_is_turned_round_over_all_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("builder.tasks.core.storage.reverse._BLOCK", 7)
    rows = [str(number) * (number % 5) for number in range(200)]
    files = Files(a="|;".join(rows).encode("utf-16-le"))
    found = await files.run(Reverse, **{"from": "kestra:///a.txt"}, separator="|;", charset="UTF-16-LE")
    assert files[found["uri"]].decode("utf-16-le") == "".join(f"{row}|;" for row in reversed(rows))


async def test_files_have_a_size_and_can_be_deleted():
    files = Files(a=b"one", b=b"two")
    assert await files.run(Size, uri="kestra:///a.txt") == {"size": 3}
    assert await files.run(Delete, uri="kestra:///a.txt") == {"uri": "kestra:///a.txt", "deleted": True}
    assert (await files.run(Delete, uri="kestra:///a.txt"))["deleted"] is False
    with pytest.raises(TaskFailure, match="Unable to find file"):
        await files.run(Delete, uri="kestra:///a.txt", errorOnMissing=True)
    assert await files.run(PurgeCurrentExecutionFiles) == {"uris": ["kestra:///b.txt"]}


async def test_local_files_are_written_and_kept():
    files = Files(a=b"one")
    found = await files.run(
        LocalFiles, inputs={"out/a.txt": "kestra:///a.txt", "out/b.json": {"x": 1}, "c.txt": "no"}, outputs=["out/*"]
    )
    assert {path: files[uri] for path, uri in found["uris"].items()} == {"out/a.txt": b"one", "out/b.json": b'{"x": 1}'}


@pytest.mark.parametrize("name", ["../x", "a/../../x", "", "a\\..\\x", "nul\0"])
async def test_local_files_stay_in_their_folder(name: str):
    with pytest.raises(TaskFailure, match="cannot be used"):
        await Files().run(LocalFiles, inputs={name: "x"})


async def test_a_link_out_of_the_folder_is_followed_neither_in_nor_out(tmp_path: Any):
    files = Files()
    (tmp_path / "secret").write_text("secret")
    (files.context.working_dir / "way").symlink_to(tmp_path)
    with pytest.raises(TaskFailure, match="cannot be written"):
        await run_task(LocalFiles, {"inputs": {"way/x": "x"}}, files.context)
    (files.context.working_dir / "way").symlink_to(tmp_path)
    assert await run_task(LocalFiles, {"outputs": ["**"]}, files.context) == {"uris": {}}


async def test_files_go_to_a_namespace_and_come_back():
    files = Files(a=b"one", b=b"two")
    await files.run(UploadFiles, files=["kestra:///a.txt"], filesMap={"deep/b.txt": "kestra:///b.txt"}, destination="x")
    found = await files.run(DownloadFiles, files=["x/**"], destination="got")
    got = {path: files[uri] for path, uri in found["files"].items()}
    assert got == {"got/x/a.txt": b"one", "got/x/deep/b.txt": b"two"}
    assert set((await files.run(DownloadFiles, files="x"))["files"]) == {"x/a.txt", "x/deep/b.txt"}
    with pytest.raises(TaskFailure, match="already there"):
        await files.run(UploadFiles, filesMap={"x/a.txt": "kestra:///b.txt"}, conflict="ERROR")
    await files.run(UploadFiles, filesMap={"x/a.txt": "kestra:///b.txt"}, conflict="SKIP")
    assert files["nsfile://company.team/x/a.txt"] == b"one"
    assert await files.run(DeleteFiles, files="x/*.txt") == {"deleted": 1, "files": ["x/a.txt"]}
    with pytest.raises(TaskFailure, match="No file of the namespace fits"):
        await files.run(DeleteFiles, files="nothing", errorOnMissing=True)


@pytest.mark.parametrize("task", [Write, Concat, Split, Reverse, Size, Delete, LocalFiles])
def test_the_old_names_are_known(task: type[Task]):
    assert f"io.kestra.core.tasks.storages.{task.__name__}" in task.aliases
