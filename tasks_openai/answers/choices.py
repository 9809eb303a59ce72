"""An answer that is a list of numbered choices, put together from its pieces: chat and the older completions."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.wire.failures import Misunderstood

Json = dict[str, Any]


class ChoicesAnswer:
    """Collects chunks (or one whole answer) into what the API gives when it does not stream.

    A call says what a choice is at its beginning (`begun`), what a chunk adds to it (`merge`, which returns the text to
    show), and how a whole one is read (`text_of`, None for something else).
    """

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True},
    )
    kind: ClassVar[str]
    """The answer's `object`."""

    def __init__(self) -> None:
        self._whole: Json | None = None
        self._head: Json = {}
        self._choices: dict[int, Json] = {}
        self._ended = False

    def begun(self, index: int) -> Json:
        raise NotImplementedError

    def merge(self, choice: Json, chunk: Mapping[str, Any]) -> str:
        """Raises Misunderstood."""
        raise NotImplementedError

    def text_of(self, choice: Mapping[str, Any]) -> str | None:
        raise NotImplementedError

    @property
    def finished(self) -> bool:
        reasons = [choice["finish_reason"] for choice in self._choices.values()]
        return self._whole is not None or (bool(reasons) and (self._ended or all(reasons)))

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
        whole = choices if isinstance(choices, list) else []
        texts = [self.text_of(choice) if isinstance(choice, Mapping) else None for choice in whole]
        if not texts or None in texts:
            raise Misunderstood(json.dumps(body))
        self._whole = dict(body)
        return texts[0] or ""

    def body(self) -> Json:
        """The answer as the API gives it when it does not stream."""
        if self._whole is not None:
            return self._whole
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._head, "object": self.kind, "choices": choices}

    def _take_chunk(self, chunk: Any, event: Mapping[str, Any]) -> str:
        index = chunk.get("index", 0) if isinstance(chunk, Mapping) else None
        if not isinstance(index, int):
            raise Misunderstood(json.dumps(event))
        choice = self._choices.setdefault(index, self.begun(index))
        text = self.merge(choice, chunk)
        choice["finish_reason"] = chunk.get("finish_reason") or choice["finish_reason"]
        return text if index == 0 else ""
