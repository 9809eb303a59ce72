"""Files of executions, named `kestra:///executions/<id>/<key>/<name>`, kept by Django's storage API.

Files given to inputs are named as Kestra names them: `kestra:///my/team/flow/executions/<id>/inputs/<input>/<name>`.
A file belongs to one execution; whoever reads names the executions whose files it may see. All of it blocks.
"""

import contextlib
import json
import re
import secrets
import unicodedata
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from builder.errors import Forbidden, LimitExceeded, NotFound
from builder.flows.inputs import KeepFile, Upload
from builder.store import contents
from builder.store.contents import Located

SCHEME = "kestra://"
_NAME_LETTERS = 150
SHELF, LOGS = "shelf-", "logs-"
"""How the keys begin of what the engine itself keeps in files: large outputs, and logs."""
_SENT = "sent"
_GIVEN = "inputs."
"""How the keys of files given to inputs begin; the id of the input follows."""
_EXECUTION, _NAME = r"/executions/(?P<id>[0-9A-Za-z]{1,40})", r"(?P<name>[^/\\\x00]{1,200})"
_PLACE = re.compile(rf"{_EXECUTION}/(?P<key>[0-9A-Za-z_-]{{1,40}})/{_NAME}")
_INPUT = re.compile(rf"(?:/[\w.-]{{1,150}}){{2,50}}{_EXECUTION}/inputs/(?P<input>[\w.-]{{1,200}})/{_NAME}")


def put(execution_id: str, name: str, content: bytes | Path | IO[bytes], kind: str = "") -> str:
    """Keeps a file and returns its URI. `name` may come from anywhere; only its last part is used, made harmless.

    `kind`: SHELF or LOGS for what is no file of a task. Raises LimitExceeded for a path or bytes that are too much.
    """
    return SCHEME + "/" + quote(_keep(execution_id, f"{kind}{secrets.token_urlsafe(9)}", name, content))


def _keep(execution_id: str, key: str, name: str, content: bytes | Path | IO[bytes]) -> str:
    """Where the file storage has it now; another name than this where there is such a file already."""
    most = settings.MILLSTREAM["FILE_BYTES"]
    if (size := _bytes_of(content)) is not None and size > most:
        raise LimitExceeded(too_large(name, most))
    place = f"executions/{execution_id}/{key}/{safe_name(name)}"
    try:
        return _save(place, content)
    except OSError:  # the disk is full: half a file helps nobody
        with contextlib.suppress(OSError):
            default_storage.delete(place)
        raise


def _save(place: str, content: bytes | Path | IO[bytes]) -> str:
    if isinstance(content, bytes):
        return default_storage.save(place, ContentFile(content))
    if isinstance(content, Path):
        with content.open("rb") as file:
            return default_storage.save(place, File(file))
    return default_storage.save(place, File(content))


def copy(execution_id: str, name: str, found: Located) -> str:
    """Keeps a copy of a file with an execution; its URI. Raises NotFound, LimitExceeded."""
    most = settings.MILLSTREAM["FILE_BYTES"]
    if found.size > most:
        raise LimitExceeded(too_large(name, most))
    with contents.open_file(found) as file:
        return put(execution_id, name, file)


def put_rows(execution_id: str, name: str, rows: Iterable[Any]) -> str:
    """Keeps rows as a file of one JSON (and so Ion) value a line."""
    with TemporaryFile() as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n")
        lines.seek(0)
        return put(execution_id, name, lines)


def read(uri: str, allowed: Container[str], limit_bytes: int | None = None) -> bytes:
    """The content. Raises NotFound, Forbidden (another execution's) or LimitExceeded."""
    return contents.read(locate(uri, allowed), limit_bytes)


def size(uri: str, allowed: Container[str]) -> int:
    """How many bytes it has."""
    return locate(uri, allowed).size


def open_file(uri: str, allowed: Container[str]) -> IO[bytes]:
    """The file, to be read piece by piece and closed by the caller."""
    return contents.open_file(locate(uri, allowed))


def delete(found: Located) -> None:
    """Deletes a file that an execution keeps. Raises Forbidden for what the engine keeps, and for namespaces' files."""
    owner, _, rest = found.place.removeprefix("executions/").partition("/")
    if not found.place.startswith("executions/") or not owner or rest.startswith((_SENT, SHELF, LOGS)):
        raise Forbidden(f"The file {found.name} cannot be deleted here: it is no file that a step of a flow keeps.")
    default_storage.delete(found.place)
    default_storage.delete(found.place.rpartition("/")[0])


def purge(execution_id: str, namespace: str, flow_id: str) -> list[str]:
    """Deletes the files that the steps of an execution keep, and those given to it; returns their URIs."""
    found = [
        f"{root}/{key}/{name}"
        for root, key in _keys(execution_id)
        if not key.startswith((_SENT, SHELF, LOGS))
        for name in default_storage.listdir(f"{root}/{key}")[1]
    ]
    for place in found:
        default_storage.delete(place)
        default_storage.delete(place.rpartition("/")[0])
    return [_uri_of(place, namespace, flow_id) for place in found]


def _uri_of(place: str, namespace: str, flow_id: str) -> str:
    root, key, name = place.rsplit("/", 2)
    if not key.startswith(_GIVEN):
        return SCHEME + "/" + quote(place)
    flow = f"{namespace.replace('.', '/')}/{flow_id}"
    return SCHEME + "/" + quote(f"{flow}/{root}/inputs/{key.removeprefix(_GIVEN)}/{name}")


def name_of(uri: str) -> str:
    """The file's bare name, for a download."""
    return unquote(uri.rsplit("/", 1)[-1])


def locate(uri: str, allowed: Container[str]) -> Located:
    """The file that a URI names; raises NotFound for what is no such URI, Forbidden for another's file."""
    text = str(uri)
    path = unquote(text.removeprefix(SCHEME)) if text.startswith(SCHEME) else ""
    match = _PLACE.fullmatch(path) or _INPUT.fullmatch(path)
    if match is None or match["name"] in (".", ".."):
        raise NotFound(f"{text[:200]} is not the address of a file; those look like kestra:///executions/...")
    if match["id"] not in allowed:
        raise Forbidden(f"The file {text[:200]} belongs to another execution and cannot be read here.")
    key = match["key"] if match.re is _PLACE else _GIVEN + match["input"]
    place = f"executions/{match['id']}/{key}/{match['name']}"
    return Located(text, place, _size(place, text))


def keep_sent(execution_id: str, run_id: str, attempt: int, text: str) -> None:
    """Keeps what an attempt sent out (the prompt), for the execution page; the last request of the attempt stays."""
    place = f"executions/{execution_id}/{_SENT}/{run_id}-{attempt}.json"
    default_storage.delete(place)
    default_storage.save(place, ContentFile(text.encode("utf-8", "replace")))


def sent(execution_id: str, run_id: str, attempt: int) -> str | None:
    """What an attempt sent out, as JSON text (cut at a megabyte); None when nothing is known of it."""
    place = f"executions/{execution_id}/{_SENT}/{run_id}-{attempt}.json"
    try:
        with default_storage.open(place, "rb") as file:
            return bytes(file.read()).decode()
    except FileNotFoundError:
        return None


def keeper(execution_id: str, namespace: str, flow_id: str) -> KeepFile:
    """Keeps uploads among the files of this execution of a flow, each once, however often it is asked to."""
    kept: dict[str, str] = {}

    def keep(input_id: str, upload: Upload) -> str:
        if input_id not in kept:
            kept[input_id] = _keep_given(input_id, upload)
        return kept[input_id]

    def _keep_given(input_id: str, upload: Upload) -> str:
        content = b"".join(upload.chunks())
        if len(input_id) > _NAME_LETTERS:  # no file system has folders of such names
            return put(execution_id, upload.name or input_id, content)
        place = _keep(execution_id, _GIVEN + input_id, upload.name or input_id, content)
        return _uri_of(place, namespace, flow_id)

    return keep


def forget(execution_id: str) -> int:
    """Deletes all files of an execution; returns how many there were."""
    count = 0
    for root, key in _keys(execution_id):
        for name in default_storage.listdir(f"{root}/{key}")[1]:
            default_storage.delete(f"{root}/{key}/{name}")
            count += 1
        default_storage.delete(f"{root}/{key}")
    default_storage.delete(f"executions/{execution_id}")
    return count


def _keys(execution_id: str) -> list[tuple[str, str]]:
    root = f"executions/{execution_id}"
    try:
        return [(root, key) for key in default_storage.listdir(root)[0]]
    except FileNotFoundError:
        return []


def log_line(at: datetime, level: str, path: str, message: str) -> str:
    """A line of a log as a file has it."""
    return f"{at.astimezone(UTC).isoformat().replace('+00:00', 'Z')} {level:5} {path or '-'} {message}"


def spare_path(folder: Path) -> Path:
    """Where a file may be written before it is kept, under a name that no script will look for."""
    return folder / f".{secrets.token_hex(8)}"


def too_large(name: str, most_bytes: int) -> str:
    """What is said of a file beyond the limit."""
    return f"The file {name} would have more than {most_bytes:,} bytes, which is the limit (MILLSTREAM_FILE_BYTES)."


def _bytes_of(content: bytes | Path | IO[bytes]) -> int | None:
    if isinstance(content, bytes):
        return len(content)
    return content.stat().st_size if isinstance(content, Path) else None


def safe_name(name: str) -> str:
    """A bare file name out of any text: no folders, no control characters, no leading dots, not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = re.sub(r"[^\w.\-]+", "_", last).lstrip(".").strip("_")
    stem, dot, suffix = clean.rpartition(".")
    if dot and len(clean) > _NAME_LETTERS and len(suffix) < 20:
        return f"{stem[: _NAME_LETTERS - len(suffix) - 1]}.{suffix}"
    return clean[:_NAME_LETTERS] or "file"


def _size(place: str, uri: str) -> int:
    try:
        return int(default_storage.size(place))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFound(f"The file {uri} is not there (any more).") from error
