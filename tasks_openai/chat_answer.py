"""The answer of the Chat Completions API, put together from its pieces."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.failures import Misunderstood

Json = dict[str, Any]


class ChatAnswer:
    """Collects chunks (or one whole answer) into the shape of a chat completion."""

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
        if self._whole is not None:
            return True
        reasons = [choice["finish_reason"] for choice in self._choices.values()]
        return bool(reasons) and (self._ended or all(reasons))

    def add(self, event: Mapping[str, Any]) -> str:
        for key in ("id", "model", "created", "service_tier", "system_fingerprint", "usage"):
            if event.get(key) is not None:
                self._head[key] = event[key]
        choices = event.get("choices") or []
        if not isinstance(choices, list):
            raise Misunderstood(json.dumps(event))
        return "".join([self._take_chunk(chunk, event) for chunk in choices])

    def end(self) -> None:
        self._ended = True

    def take(self, body: Mapping[str, Any]) -> str:
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not all(_is_choice(choice) for choice in choices):
            raise Misunderstood(json.dumps(body))
        self._whole = dict(body)
        return str(choices[0]["message"].get("content") or "")

    def body(self) -> Json:
        """The completion as the API gives it when it does not stream."""
        if self._whole is not None:
            return self._whole
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._head, "object": "chat.completion", "choices": choices}

    def _take_chunk(self, chunk: Any, event: Mapping[str, Any]) -> str:
        delta = chunk.get("delta") if isinstance(chunk, Mapping) else None
        index = chunk.get("index", 0) if isinstance(chunk, Mapping) else None
        if not isinstance(delta, Mapping | None) or not isinstance(index, int):
            raise Misunderstood(json.dumps(event))
        choice = self._choices.setdefault(
            index, {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}
        )
        _merge(choice["message"], delta or {})
        choice["finish_reason"] = chunk.get("finish_reason") or choice["finish_reason"]
        return _text_of(delta or {}) if index == 0 else ""


def _is_choice(choice: object) -> bool:
    return isinstance(choice, Mapping) and isinstance(choice.get("message"), Mapping)


def _merge(into: Json, delta: Mapping[str, Any]) -> None:
    """Adds a piece to what came before: texts grow, lists of numbered parts are filled by their number."""
    for key, value in delta.items():
        known = into.get(key)
        if key in ("role", "id", "type", "name") or (known is None and not isinstance(value, list | Mapping)):
            into[key] = value if value is not None else known
        elif isinstance(value, str) and isinstance(known, str):
            into[key] = known + value
        elif isinstance(value, Mapping):
            into[key] = known if isinstance(known, dict) else {}
            _merge(into[key], value)
        elif isinstance(value, list):
            into[key] = known if isinstance(known, list) else []
            _merge_list(into[key], value)


def _merge_list(into: list[Any], parts: list[Any]) -> None:
    for part in parts:
        number = part.get("index") if isinstance(part, Mapping) else None
        if not isinstance(number, int):
            into.append(part)
            continue
        place = next((one for one in into if isinstance(one, dict) and one.get("index") == number), None)
        if place is None:
            place = {"index": number}
            into.append(place)
        _merge(place, {key: value for key, value in part.items() if key != "index"})


def _text_of(delta: Mapping[str, Any]) -> str:
    """What a page can show of a piece: words, or the arguments of a call as they are written."""
    calls = delta.get("tool_calls")
    called = [call.get("function") for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []
    functions = [*called, delta.get("function_call")]
    texts = [
        delta.get("content"),
        delta.get("refusal"),
        *(function.get("arguments") for function in functions if isinstance(function, Mapping)),
    ]
    return "".join(text for text in texts if isinstance(text, str))
