"""The answer of the Chat Completions API, put together from its pieces."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.answers.choices import ChoicesAnswer, Json
from tasks_openai.wire.failures import Misunderstood


class ChatAnswer(ChoicesAnswer):
    """Collects the pieces of a chat completion."""

    kind: ClassVar[str] = "chat.completion"

    def begun(self, index: int) -> Json:
        return {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}

    def merge(self, choice: Json, chunk: Mapping[str, Any]) -> str:
        delta = chunk.get("delta")
        if not isinstance(delta, Mapping | None):
            raise Misunderstood(json.dumps(chunk))
        _merge(choice["message"], delta or {})
        return _text_of(delta or {})

    def text_of(self, choice: Mapping[str, Any]) -> str | None:
        message = choice.get("message")
        return str(message.get("content") or "") if isinstance(message, Mapping) else None


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
        elif isinstance(value, list) or isinstance(known, list):
            into[key] = _parts(known)
            _merge_list(into[key], _parts(value))


def _parts(content: Any) -> list[Any]:
    """Content as a list: models that think send it as parts at first, and then as plain words."""
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []


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
    words = [part.get("text") for part in _parts(delta.get("content")) if isinstance(part, Mapping)]
    texts = [
        *words,
        delta.get("refusal"),
        *(function.get("arguments") for function in functions if isinstance(function, Mapping)),
    ]
    return "".join(text for text in texts if isinstance(text, str))


class CountedAnswer(ChatAnswer):
    """Of servers that count tokens in every stream and refuse to be asked for it."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = ({"stream": True},)
