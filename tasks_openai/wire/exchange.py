"""What goes to a model server and what comes back, as values, and how that can fail; `client` carries it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from tasks_openai.wire.failures import Failure, Misunderstood


class Came(Enum):
    """What a piece is."""

    EVENT = "one event of a stream"
    END = "the word that the stream is complete"
    WHOLE = "the whole answer of a server that did not stream"


class Piece(NamedTuple):
    """Something that came, in order."""

    came: Came
    content: Mapping[str, Any]


class AnswerTooLarge(Exception):
    """An answer grew past the limit."""


class CallFailed(Exception):
    """The server refused a request, or could not be reached, before its answer began."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.message)


class ConnectionBroke(Exception):
    """The connection ended in the middle of an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The whole answer to a call that does not stream: `content` as it came, of the media type `kind`."""

    content: bytes
    kind: str

    def json(self) -> Mapping[str, Any]:
        """The answer as a JSON object. Raises Misunderstood."""
        return mapping_of(json_of(self.content))


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `body` goes as JSON; with `files` (name, (file name, content, media type)) as a form instead.

    `accept`: the media type that is asked for.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[tuple[str, tuple[str, bytes, str]]] = ()
    accept: str = "application/json"


def json_of(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Misunderstood(content[:1000].decode(errors="replace")) from error


def mapping_of(event: object) -> Mapping[str, Any]:
    if not isinstance(event, Mapping):
        raise Misunderstood(event)
    return event
