"""The answer of the older Completions API, put together from its pieces."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.answers.choices import ChoicesAnswer, Json
from tasks_openai.wire.failures import Misunderstood


class CompletionAnswer(ChoicesAnswer):
    """Collects the pieces of a completion."""

    kind: ClassVar[str] = "text_completion"

    def begun(self, index: int) -> Json:
        return {"index": index, "text": "", "logprobs": None, "finish_reason": None}

    def merge(self, choice: Json, chunk: Mapping[str, Any]) -> str:
        text = chunk.get("text")
        if not isinstance(text, str | None):
            raise Misunderstood(json.dumps(chunk))
        choice["text"] += text or ""
        choice["logprobs"] = _joined(choice["logprobs"], chunk.get("logprobs"))
        return text or ""

    def text_of(self, choice: Mapping[str, Any]) -> str | None:
        return str(choice.get("text") or "")


def _joined(known: Any, more: Any) -> Any:
    """Lists of probabilities, one after the other."""
    if not isinstance(known, dict) or not isinstance(more, Mapping):
        return dict(more) if isinstance(more, Mapping) else known
    return {key: [*(known.get(key) or []), *(more.get(key) or [])] for key in {**known, **more}}
