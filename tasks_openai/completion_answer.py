"""The answer of the older Completions API, put together from its pieces."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.failures import Misunderstood

Json = dict[str, Any]


class CompletionAnswer:
    """Collects chunks (or one whole answer) into the shape of a completion."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True},
    )

    def __init__(self) -> None:
        self._whole: Json | None = None
        self._head: Json = {}
        self._choices: dict[int, Json] = {}
        self._ended = False

    @property
    def finished(self) -> bool:
        reasons = [choice["finish_reason"] for choice in self._choices.values()]
        return self._whole is not None or (bool(reasons) and (self._ended or all(reasons)))

    def add(self, event: Mapping[str, Any]) -> str:
        self._head |= {key: event[key] for key in ("id", "model", "created", "usage") if event.get(key) is not None}
        choices = event.get("choices") or []
        if not isinstance(choices, list):
            raise Misunderstood(json.dumps(event))
        return "".join([self._take_chunk(chunk, event) for chunk in choices])

    def end(self) -> None:
        self._ended = True

    def take(self, body: Mapping[str, Any]) -> str:
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not all(isinstance(one, Mapping) for one in choices):
            raise Misunderstood(json.dumps(body))
        self._whole = dict(body)
        return str(choices[0].get("text") or "")

    def body(self) -> Json:
        """The completion as the API gives it when it does not stream."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return self._whole or {**self._head, "object": "text_completion", "choices": choices}

    def _take_chunk(self, chunk: Any, event: Mapping[str, Any]) -> str:
        index = chunk.get("index", 0) if isinstance(chunk, Mapping) else None
        text = chunk.get("text") if isinstance(chunk, Mapping) else None
        if not isinstance(index, int) or not isinstance(text, str | None):
            raise Misunderstood(json.dumps(event))
        first = {"index": index, "text": "", "logprobs": None, "finish_reason": None}
        choice = self._choices.setdefault(index, first)
        choice["text"] += text or ""
        choice["finish_reason"] = chunk.get("finish_reason") or choice["finish_reason"]
        choice["logprobs"] = _joined(choice["logprobs"], chunk.get("logprobs"))
        return (text or "") if index == 0 else ""


def _joined(known: Any, more: Any) -> Any:
    """Lists of probabilities, one after the other."""
    if not isinstance(known, dict) or not isinstance(more, Mapping):
        return dict(more) if isinstance(more, Mapping) else known
    return {key: [*(known.get(key) or []), *(more.get(key) or [])] for key in {**known, **more}}
