"""Files between the working directory of a task and the rest: inputFiles come in, outputFiles go out, and files of a
namespace are laid beside them. For every task that works on a folder."""

import asyncio
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from builder.errors import InvalidInput, TaskFailure
from builder.flows.file_paths import fits, is_chosen, safe_path
from builder.tasks.fields.form import Form
from builder.tasks.fields.properties import Properties
from builder.tasks.world.context import RunContext

MOST_FILES = 10_000
_PIECE = 1 << 20
_ADDRESSES = ("kestra://", "nsfile://", "file://")


class NamespaceFiles(Properties):
    """Which files of namespaces are laid into the working directory."""

    enabled: bool = True
    """Lay files of the namespace into the working directory."""
    include: list[str] = []
    """Globs of the files wanted; all of them when there is none."""
    exclude: list[str] = []
    """Globs of the files not wanted."""
    namespaces: Annotated[list[str], Form(group="advanced")] = []
    """Whose files; the flow's own namespace when there is none. A later one wins over an earlier one."""
    folder_per_namespace: Annotated[bool, Form(group="advanced")] = False
    """Each namespace gets a folder of its name."""
    if_exists: Annotated[Literal["OVERWRITE", "FAIL", "WARN", "IGNORE"], Form(group="advanced")] = Field(
        "OVERWRITE", alias="ifExists"
    )
    """What happens to a file that is there already."""

    @classmethod
    def read_rendered(cls, value: Any) -> "NamespaceFiles | None":
        """From rendered values. Raises TaskFailure."""
        try:
            return None if value is None else cls.model_validate(value)
        except ValidationError as error:
            said = error.errors(include_url=False)[0]
            raise TaskFailure(f"namespaceFiles.{'.'.join(map(str, said['loc']))}: {said['msg']}") from None


async def bring_in(context: RunContext, files: Any) -> None:
    """Writes inputFiles: a map of paths to contents or addresses, or its JSON text. Raises TaskFailure."""
    await asyncio.to_thread(_bring_in, context, _map_of(files))


async def bring_namespace_files(context: RunContext, wanted: NamespaceFiles | None) -> None:
    """Lays the files of namespaces into the working directory. Raises TaskFailure."""
    if wanted is None or not wanted.enabled:
        return
    for namespace in wanted.namespaces or [context.namespace]:
        paths = [
            path
            for path in await context.namespace_files.listed(namespace)
            if is_chosen(path, wanted.include, wanted.exclude)
        ]
        if len(paths) > MOST_FILES:
            raise TaskFailure(f"namespaceFiles chooses more than {MOST_FILES:,} files; use include and exclude.")
        for path in paths:
            place = f"{namespace}/{path}" if wanted.folder_per_namespace else path
            if _may_write(context, place, wanted.if_exists):
                await asyncio.to_thread(_fetch, context, f"nsfile://{namespace}/{path}", place)


async def take_out(context: RunContext, globs: Sequence[str]) -> dict[str, str]:
    """Keeps the files that fit outputFiles with the execution; their addresses by their paths. Raises TaskFailure."""
    if not globs:
        return {}
    found = await asyncio.to_thread(list_local_files, context.working_dir, globs)
    return {path: await context.files.put(path.rpartition("/")[2], place) for path, place in found.items()}


def _map_of(files: Any) -> Mapping[str, Any]:
    if isinstance(files, str) and files.strip():
        try:
            files = json.loads(files)
        except ValueError as error:
            raise TaskFailure("The files are neither a map nor the JSON text of one.", retryable=False) from error
    if files in (None, ""):
        return {}
    if not isinstance(files, Mapping):
        raise TaskFailure("The files must be a map of paths to contents or addresses.", retryable=False)
    return files


def _bring_in(context: RunContext, files: Mapping[str, Any]) -> None:
    for name, content in files.items():
        if content is None:
            continue
        if isinstance(content, str) and content.startswith(_ADDRESSES):
            _fetch(context, content.strip(), str(name))
        else:
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
            local_place(context.working_dir, str(name)).write_bytes(text.encode("utf-8", "surrogateescape"))


def _fetch(context: RunContext, uri: str, name: str) -> None:
    with context.files.open(uri) as source, local_place(context.working_dir, name).open("wb") as target:
        while piece := source.read(_PIECE):
            target.write(piece)


def local_place(folder: Path, name: str) -> Path:
    """Where a file goes, with the folders around it made; never outside, not through a link either."""
    try:
        place = folder / safe_path(name)
    except InvalidInput as error:
        raise TaskFailure(error.message, retryable=False) from error
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TaskFailure(f"The folder of {name[:200]} cannot be made: {error.strerror}.", retryable=False) from error
    if place.is_dir() or not _is_inside(place, folder):
        raise TaskFailure(f"{name[:200]} cannot be written into the working directory.", retryable=False)
    return place


def _may_write(context: RunContext, path: str, if_exists: str) -> bool:
    if if_exists == "OVERWRITE" or not (context.working_dir / path).exists():
        return True
    if if_exists == "FAIL":
        raise TaskFailure(f"The file {path} is already there (namespaceFiles.ifExists: FAIL).", retryable=False)
    if if_exists == "WARN":
        context.log("WARN", f"The file {path} is already there and stays as it is.")
    return False


def list_local_files(folder: Path, globs: Collection[str]) -> dict[str, Path]:
    """The files of a folder that fit one of the globs, by their paths in it; links that lead out of it never do.

    Raises TaskFailure when they are too many.
    """
    found = {}
    for place in _all_files(folder):
        path = place.relative_to(folder).as_posix()
        if any(fits(path, glob) for glob in globs) and _is_inside(place, folder):
            found[path] = place
        if len(found) > MOST_FILES:
            raise TaskFailure(f"outputFiles chooses more than {MOST_FILES:,} files.", retryable=False)
    return dict(sorted(found.items()))


def _all_files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        for name in names:
            place = Path(root, name)
            if place.is_file():
                yield place


def _is_inside(place: Path, folder: Path) -> bool:
    return place.resolve().is_relative_to(folder.resolve())
