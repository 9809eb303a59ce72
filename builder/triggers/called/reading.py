"""A call as it came over the wire, read: its form with fields and files, its body as JSON, text or base64."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from builder.errors import InvalidInput
from builder.store.triggers.calls import Came

_FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a form."""

    name: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What came in; lists, since names may repeat. `parts` and `fields` are those of a form.

    `came`: the same as it came, to be kept.
    """

    came: Came
    headers: Mapping[str, Sequence[str]]
    is_form: bool = False
    parts: Sequence[Part] = ()
    fields: Mapping[str, Sequence[str]] | None = None

    @property
    def parameters(self) -> Mapping[str, Sequence[str]]:
        return self.came.parameters

    @property
    def body(self) -> bytes:
        return self.came.body


def read_call(came: Came) -> Call:
    """Raises InvalidInput for a form that cannot be read."""
    headers = {name.lower(): list(values) for name, values in came.headers.items()}
    kind = next(iter(headers.get("content-type", ())), "")
    if kind.partition(";")[0].strip().lower() != _FORM:
        return Call(came, headers)
    request = HttpRequest()
    request.META = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(came.body))}
    try:
        fields, files = request.parse_file_upload(request.META, BytesIO(came.body))
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise InvalidInput(f"The form cannot be read: {error}") from error
    parts = [
        Part(str(name), file.name or "", file.content_type or "", file.read())
        for name, values in files.lists()
        for file in values
    ]
    given = {str(name): [str(value) for value in values] for name, values in fields.lists()}
    return Call(came, headers, is_form=True, parts=parts, fields=given)


def body_of(content: bytes) -> Any:
    """A JSON map or list as such, other text as text (NaN is no JSON, nor is what is beyond all numbers), what is no
    text in base64, nothing as null."""
    if not content:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _finite(text: str) -> float:
    """`1e999` would be read as Infinity, which cannot be written as JSON again."""
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)
