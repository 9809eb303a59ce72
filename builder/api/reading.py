"""What a request says, read strictly: query parameters, bodies and forms; what does not fit is one InvalidInput."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from builder.engine.states import State
from builder.errors import InvalidInput, LimitExceeded
from builder.flows.inputs import Upload
from builder.flows.model import Input
from builder.flows.read import label_text
from builder.schedule import Recover

T = TypeVar("T")
LARGEST_PAGE_SIZE = 1000
_LARGEST = 2**31 - 1
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which part of a list; `sort` is "-created" for Kestra's `created:desc`."""

    number: int
    size: int
    sort: str

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size


def page_asked(request: HttpRequest, sorts: Mapping[str, str], default_sort: str, size: int = 10) -> PageAsked:
    """`page` from 1, `size`, and `sort=field:asc|desc`; `sorts` maps Kestra's field names to ours."""
    pages, sizes = whole(request, "page"), whole(request, "size")
    page, chosen = 1 if pages is None else pages, size if sizes is None else sizes
    if page < 1 or chosen < 1:
        raise InvalidInput("page and size begin at 1.")
    if chosen > LARGEST_PAGE_SIZE:
        raise InvalidInput(f"size is {chosen}; at most {LARGEST_PAGE_SIZE} fit on a page.")
    field, _, direction = request.GET.get("sort", "").partition(":")
    if field and field not in sorts:
        raise InvalidInput(f"sort cannot be `{field[:50]}`; it is one of {', '.join(sorts)}, then :asc or :desc.")
    if direction.lower() not in ("", "asc", "desc"):
        raise InvalidInput(f"The sort direction `{direction[:50]}` is neither asc nor desc.")
    sort = sorts[field] if field else default_sort
    return PageAsked(page, chosen, f"-{sort}" if field and direction.lower() == "desc" else sort)


def whole(request: HttpRequest, name: str) -> int | None:
    """A whole number of the query; None when it is not there."""
    text = request.GET.get(name, "")
    if not text:
        return None
    number = _read(name, text, int, "a whole number")
    if not -_LARGEST <= number <= _LARGEST:
        raise InvalidInput(f"{name} is too large a number.")
    return number


def flag(request: HttpRequest, name: str, default: bool = False) -> bool:
    """`true` or `false` of the query."""
    text = request.GET.get(name, "").lower()
    if text not in ("", "true", "false", "1", "0"):
        raise InvalidInput(f"{name} is `{text[:50]}`; it is true or false.")
    return text in ("true", "1") if text else default


def moment(request: HttpRequest, name: str) -> datetime | None:
    """A time of the query, in ISO 8601; UTC when it names no zone."""
    text = request.GET.get(name, "")
    if not text:
        return None
    found = _read(name, text.replace(" ", "+"), datetime.fromisoformat, "a time such as 2026-01-31T09:30:00Z")
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(f"{name} is too far away: {text[:50]}.") from error


def states(request: HttpRequest) -> tuple[State, ...]:
    """`state=FAILED&state=KILLED` or `state=FAILED,KILLED`."""
    names = [name.strip() for text in request.GET.getlist("state") for name in text.split(",") if name.strip()]
    return tuple(_read("state", name, State, f"one of {', '.join(State)}") for name in names)


def labels(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """`labels=key:value`, any number of times."""
    return tuple(pair(text) for text in request.GET.getlist("labels") if text)


def pair(text: str) -> tuple[str, str]:
    """`key:value`; the value may hold colons."""
    key, colon, value = text.partition(":")
    if not colon or not key.strip():
        raise InvalidInput(f"The label `{text[:100]}` is not written as key:value.")
    return key.strip(), value.strip()


def given_labels(value: Any) -> list[tuple[str, str]]:
    """Labels of a JSON body: `[{"key": ..., "value": ...}]` or a map."""
    written = [{"key": key, "value": text} for key, text in value.items()] if isinstance(value, dict) else value
    if not isinstance(written, list) or not all(_is_label(one) for one in written):
        raise InvalidInput('Labels are a list such as [{"key": "team", "value": "blue"}].')
    return [(one["key"], label_text(one["value"])) for one in written]


def _is_label(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("key"), str)
        and bool(one["key"])
        and isinstance(one.get("value"), str | int | float)
    )


def recover_of(written: Any) -> Recover | None:
    """What is to become of times that passed; None when nothing is said. Raises InvalidInput."""
    if written is None:
        return None
    if written not in list(Recover):
        raise InvalidInput(f"recoverMissedSchedules is one of {', '.join(Recover)}.")
    return Recover(written)


def body_bytes(request: HttpRequest) -> bytes:
    """The body as it came."""
    try:
        return request.body
    except UnreadablePostError as error:
        raise InvalidInput("The body did not arrive as a whole.") from error


def body_text(request: HttpRequest) -> str:
    """The body as text."""
    try:
        return body_bytes(request).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The body is not text in UTF-8.") from error


def body_json(request: HttpRequest) -> Any:
    """The body as a JSON value."""
    return json_value(body_text(request), "The body")


def json_value(text: str, what: str) -> Any:
    """A JSON text's value. Raises InvalidInput, also for NaN, which is none."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise InvalidInput(f"{what} is nested too deeply.") from error
    except ValueError as error:
        raise InvalidInput(f"{what} is not JSON: {error}.") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def body_map(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object."""
    value = body_json(request)
    if not isinstance(value, dict):
        raise InvalidInput("The body must be a JSON object.")
    return value


def body_texts(request: HttpRequest) -> list[str]:
    """The body as a JSON list of texts, such as ids."""
    value = body_json(request)
    return texts(value, "The body")


def texts(value: Any, what: str) -> list[str]:
    """A JSON list of texts that name something."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"{what} must be a JSON list of texts.")
    if any("\0" in item for item in value):
        raise InvalidInput(f"{what} holds a NUL character; leave it out.")
    return value


def name_of(body: Mapping[str, Any], key: str) -> str:
    """What a JSON object names by this key."""
    value = body.get(key)
    if not isinstance(value, str) or not value or "\0" in value:
        raise InvalidInput(f"{key} must be the name of something, a text.")
    return value


def form(
    request: HttpRequest, declared: Callable[[], Iterable[Input]] | None = None
) -> tuple[dict[str, Any], dict[str, Upload]]:
    """The values and the files of a form, by input id; of a JSON object too.

    A part that comes several times is a list. A file is for the input that its part names; where none is called so, its
    FILENAME is the input's id, as clients of older Kestra send it. Without `declared` (asked where files came) both are
    kept.
    """
    if request.content_type == "application/json":
        return (body_map(request), {}) if request.body.strip() else ({}, {})
    if request.content_type not in _FORMS:
        return {}, {}
    try:
        posted, uploaded = request.POST, request.FILES
    except RequestDataTooBig:
        raise
    except (MultiPartParserError, BadRequest, SuspiciousOperation, UnreadablePostError) as error:
        raise InvalidInput(f"The form cannot be read: {error}") from error
    values = {name: found[0] if len(found) == 1 else found for name, found in posted.lists()}
    known = {one.id for one in declared()} if uploaded and declared is not None else set[str]()
    files: dict[str, Upload] = {}
    for part, sent in uploaded.lists():
        for one in sent:
            files.setdefault(part, one)
            if part not in known:
                files[one.name or part] = one
    return values, files


def uploaded_texts(request: HttpRequest) -> list[str]:
    """The files of a form, as texts."""
    form(request)
    found: list[Upload] = [one for _, sent in request.FILES.lists() for one in sent]
    if not found:
        raise InvalidInput("The form holds no file.")
    contents = [content for one in found for content in _unpacked(b"".join(one.chunks()))]
    try:
        return [content.decode("utf-8-sig") for content in contents]
    except UnicodeDecodeError as error:
        raise InvalidInput("A file of the form is not text in UTF-8.") from error


def _unpacked(content: bytes) -> list[bytes]:
    """The YAML files of a ZIP, or the content itself. Bounded: a small archive may hold very much."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return [content]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if one.filename.endswith((".yml", ".yaml"))]
            if sum(one.file_size for one in members) > settings.MILLSTREAM["BODY_BYTES"]:
                raise LimitExceeded("What the archive holds is larger than the limit (MILLSTREAM_BODY_BYTES).")
            return [archive.read(one) for one in members]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
        raise InvalidInput("The archive of the form cannot be read.") from error


def _read(name: str, text: str, parse: Callable[[str], T], wanted: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidInput(f"{name} is `{text[:100]}`; it is {wanted}.") from error
