"""Google's generateContent, of Gemini and of Vertex AI alike."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.ai.answered import Answered, Reason, reason_of
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.dialects.question import Body, Collecting, Question, given
from tasks_openai.ai.provider.connecting import model_path
from tasks_openai.answers.media import Loaded
from tasks_openai.prices import Usage
from tasks_openai.wire.failures import Misunderstood

_FILTERED = ("safety", "recitation", "blocklist", "prohibited_content", "spii", "image_safety")
_REASONS: Mapping[str, Reason] = {"stop": "STOP", "max_tokens": "LENGTH", **dict.fromkeys(_FILTERED, "CONTENT_FILTER")}


class GoogleDialect:
    """How Gemini models are asked."""

    def path(self, question: Question) -> str:
        return f"/models/{model_path(question.provider.model_name)}:streamGenerateContent"

    def body(self, question: Question) -> Body:
        how, shape = question.configuration, question.shape
        generation = given(
            temperature=how.temperature, topP=how.top_p, topK=how.top_k, seed=how.seed, maxOutputTokens=question.longest
        )
        if shape.type == "JSON":
            generation |= {"responseMimeType": "application/json", **given(responseJsonSchema=shape.json_schema)}
        if how.thinking_enabled is not None or how.return_thinking:
            budget = 0 if how.thinking_enabled is False else how.thinking_budget_tokens
            generation["thinkingConfig"] = given(thinkingBudget=budget, includeThoughts=how.return_thinking or None)
        sent: Body = {"contents": [_turn(turn) for turn in question.spoken]}
        if question.rules:
            sent["systemInstruction"] = {"parts": [{"text": question.rules}]}
        return sent | ({"generationConfig": generation} if generation else {})

    def collecting(self, question: Question) -> Collecting:
        return ContentAnswer()

    def read(self, body: Mapping[str, Any]) -> Answered:
        blocked = body.get("promptFeedback")
        if not body["parts"] and isinstance(blocked, Mapping) and blocked.get("blockReason"):
            return Answered("", "CONTENT_FILTER", _usage(body.get("usageMetadata")))
        parts = [part for part in body["parts"] if isinstance(part.get("text"), str)]
        return Answered(
            "".join(part["text"] for part in parts if not part.get("thought")),
            reason_of(body.get("finishReason"), _REASONS),
            _usage(body.get("usageMetadata")),
            "".join(part["text"] for part in parts if part.get("thought")),
            str(body.get("responseId") or ""),
        )


def _usage(counted: object) -> Usage | None:
    if not isinstance(counted, Mapping) or not isinstance(counted.get("promptTokenCount"), int):
        return None
    made, thought = int(counted.get("candidatesTokenCount") or 0), int(counted.get("thoughtsTokenCount") or 0)
    sent = int(counted["promptTokenCount"])
    total = int(counted.get("totalTokenCount") or sent + made + thought)
    return Usage(sent, made + thought, total, int(counted.get("cachedContentTokenCount") or 0), thought)


def _turn(turn: Turn) -> Body:
    return {"role": "model" if turn.role == "assistant" else "user", "parts": [_part(part) for part in turn.parts]}


def _part(part: str | Loaded) -> Body:
    if isinstance(part, str):
        return {"text": part}
    return {"inlineData": {"mimeType": part.kind, "data": part.as_data_url().partition(",")[2]}}


class ContentAnswer:
    """Collects the parts of the first candidate."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """The address asks for the stream here."""

    def __init__(self) -> None:
        self._head: Body = {}
        self._parts: list[Mapping[str, Any]] = []
        self._reason: str | None = None

    @property
    def finished(self) -> bool:
        return self._reason is not None or "promptFeedback" in self._head

    def add(self, event: Mapping[str, Any]) -> str:
        names = ("usageMetadata", "modelVersion", "responseId", "promptFeedback")
        self._head |= {name: event[name] for name in names if event.get(name) is not None}
        candidates = event.get("candidates")
        first = candidates[0] if isinstance(candidates, list) and candidates else {}
        if not isinstance(first, Mapping):
            raise Misunderstood(json.dumps(event))
        self._reason = str(first["finishReason"]) if first.get("finishReason") else self._reason
        content = first.get("content")
        found = content.get("parts") if isinstance(content, Mapping) else None
        parts = [part for part in found if isinstance(part, Mapping)] if isinstance(found, list) else []
        self._parts += parts
        return "".join(str(part.get("text") or "") for part in parts if not part.get("thought"))

    def end(self) -> None:
        """This protocol says with its last piece why it ends."""

    def take(self, body: Mapping[str, Any]) -> str:
        return self.add(body)

    def body(self) -> Mapping[str, Any]:
        return {**self._head, "finishReason": self._reason, "parts": self._parts}
