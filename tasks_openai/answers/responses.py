"""The answer of the Responses API: its events, and what flows read out of the finished response."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from tasks_openai.wire.failures import Misunderstood

Json = dict[str, Any]

_SHOWN = {"response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta"}
_LAST = {"response.completed", "response.incomplete", "response.failed"}


class ResponsesAnswer:
    """Collects the events of a response; the last one carries all of it."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = ({"stream": True},)

    def __init__(self) -> None:
        self._body: Json | None = None

    @property
    def finished(self) -> bool:
        return self._body is not None

    def add(self, event: Mapping[str, Any]) -> str:
        kind = str(event.get("type"))
        if kind in _SHOWN:
            delta = event.get("delta")
            return delta if isinstance(delta, str) else ""
        if kind in _LAST:
            self._keep(event.get("response"))
        elif kind == "error":
            self._keep({"id": "", "status": "failed", "output": [], "error": dict(event)})
        return ""

    def end(self) -> None:
        """Nothing: a complete response comes with its last event."""

    def take(self, body: Mapping[str, Any]) -> str:
        self._keep(body)
        return output_text(self.body())

    def body(self) -> Json:
        """The response as the API gives it when it does not stream."""
        return self._body or {}

    def _keep(self, body: object) -> None:
        if not isinstance(body, Mapping) or not isinstance(body.get("output"), list):
            raise Misunderstood(body if isinstance(body, str) else json.dumps(body))
        self._body = dict(body)


def output_text(body: Mapping[str, Any]) -> str:
    """Texts and the arguments of function calls in their order, a line each: what a flow reads as `outputText`."""
    texts: list[str] = []
    for item in _items(body):
        if item.get("type") == "function_call":
            texts.append(str(item.get("arguments") or ""))
        texts += [str(part.get("text") or "") for part in _parts(item) if part.get("type") == "output_text"]
    return "\n".join(texts)


def calls_functions(body: Mapping[str, Any]) -> bool:
    """Whether the model called a function instead of answering."""
    return any(item.get("type") == "function_call" for item in _items(body))


def refusal(body: Mapping[str, Any]) -> str:
    """What the model said when it refused; empty when it did not."""
    parts = [part for item in _items(body) for part in _parts(item) if part.get("type") == "refusal"]
    return " ".join(str(part.get("refusal") or "") for part in parts)


def unfinished(body: Mapping[str, Any]) -> str:
    """Why the answer stopped before its end, as the service names it: "max_output_tokens", "content_filter" ..."""
    return str(_mapping(body.get("incomplete_details")).get("reason") or "no reason was given")


def fault(body: Mapping[str, Any]) -> str:
    """What the service says of an answer that failed."""
    return str(_mapping(body.get("error")).get("message") or "no reason was given")


def sources(body: Mapping[str, Any]) -> list[str]:
    """Addresses of cited pages and names of cited files, each once, in their order."""
    parts = [part for item in _items(body) for part in _parts(item)]
    found = [_source(note) for part in parts for note in _mappings(part.get("annotations"))]
    return list(dict.fromkeys(source for source in found if source))


def _source(note: Mapping[str, Any]) -> str:
    return str(note.get("url") or note.get("filename") or note.get("file_id") or "")


def _items(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return _mappings(body.get("output"))


def _parts(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return _mappings(item.get("content"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(values: object) -> Iterator[Mapping[str, Any]]:
    return (value for value in values if isinstance(value, Mapping)) if isinstance(values, list) else iter(())
