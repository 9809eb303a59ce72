"""Server-sent events out of the pieces of an answer, as the HTML standard reads them. Pure."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `name` is "message" unless the server gave another."""

    data: str
    name: str = "message"
    id: str | None = None
    comment: str | None = None
    retry: int | None = None


@dataclass
class EventReader:
    """Fed with bytes as they come; keeps what is not yet a whole event."""

    _decode: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )
    _rest: str = ""
    _data: list[str] = field(default_factory=list)
    _name: str = ""
    _id: str | None = None
    _comment: str | None = None
    _retry: int | None = None

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that this piece completes."""
        text = self._rest + self._decode.decode(piece)
        held = "\r" if text.endswith("\r") else ""
        *lines, self._rest = text.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest += held
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                yield self._whole()
            else:
                self._name, self._comment = "", None

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = int(value[:9])
        elif not name:
            self._comment = value

    def _whole(self) -> Event:
        event = Event("\n".join(self._data), self._name or "message", self._id, self._comment, self._retry)
        self._data, self._name, self._comment = [], "", None
        return event
