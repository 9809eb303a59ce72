"""Anthropic's Messages API."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tasks_openai.ai.answered import Answered, Reason, reason_of, usage_in
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.dialects.question import Body, Collecting, Question, given
from tasks_openai.answers.media import Loaded
from tasks_openai.prices import Usage
from tasks_openai.wire.failures import Misunderstood

USUAL_LIMIT = 4096
_LEAST_BUDGET = 1024
_TOOL = "answer"
_REASONS: Mapping[str, Reason] = {
    "end_turn": "STOP",
    "stop_sequence": "STOP",
    "max_tokens": "LENGTH",
    "model_context_window_exceeded": "LENGTH",
    "tool_use": "TOOL_EXECUTION",
    "refusal": "CONTENT_FILTER",
}


class AnthropicDialect:
    """A shape is asked for as the input of the one tool that the model must call."""

    def path(self, question: Question) -> str:
        return "/messages"

    def body(self, question: Question) -> Body:
        how = question.configuration
        sent = given(model=question.provider.model_name, temperature=how.temperature, top_p=how.top_p, top_k=how.top_k)
        sent["max_tokens"] = question.longest or USUAL_LIMIT
        sent["messages"] = [{"role": turn.role, "content": _content(turn)} for turn in question.spoken]
        if question.rules:
            block = {"type": "text", "text": question.rules, "cache_control": {"type": "ephemeral"}}
            sent["system"] = [block] if how.prompt_caching else question.rules
        if how.thinking_enabled:
            budget = how.thinking_budget_tokens or _LEAST_BUDGET
            sent["thinking"] = {"type": "enabled", "budget_tokens": budget}
            sent["max_tokens"] = sent["max_tokens"] if sent["max_tokens"] > budget else budget + USUAL_LIMIT
        if question.shape.json_schema is not None and not how.thinking_enabled:
            about = question.shape.json_schema_description or "Gives the answer as data."
            sent["tools"] = [{"name": _TOOL, "description": about, "input_schema": question.shape.json_schema}]
            sent["tool_choice"] = {"type": "tool", "name": _TOOL}
        return sent

    def collecting(self, question: Question) -> Collecting:
        return MessagesAnswer()

    def read(self, body: Mapping[str, Any]) -> Answered:
        blocks = body.get("content")
        if not isinstance(blocks, list):
            raise Misunderstood(json.dumps(body))
        known = [block for block in blocks if isinstance(block, Mapping)]
        called = [block.get("input") for block in known if block.get("type") == "tool_use"]
        text = "".join(str(block.get("text") or "") for block in known if block.get("type") == "text")
        return Answered(
            json.dumps(called[0]) if called else text,
            "STOP" if called else reason_of(body.get("stop_reason"), _REASONS),
            _usage(body.get("usage")),
            "".join(str(block.get("thinking") or "") for block in known if block.get("type") == "thinking"),
            str(body.get("id") or ""),
        )


def _usage(counted: object) -> Usage | None:
    """Cached tokens are counted beside the others here, not among them."""
    found = usage_in(counted, "input_tokens", "output_tokens", "cache_read_input_tokens")
    if found is None or not isinstance(counted, Mapping):
        return None
    written = counted.get("cache_creation_input_tokens")
    given_tokens = found.input + found.cached + (written if isinstance(written, int) else 0)
    return Usage(given_tokens, found.output, given_tokens + found.output, found.cached, 0)


def _content(turn: Turn) -> str | list[Body]:
    if all(isinstance(part, str) for part in turn.parts):
        return turn.text
    return [_part(part) for part in turn.parts]


def _part(part: str | Loaded) -> Body:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    source = {"type": "base64", "media_type": part.kind, "data": part.as_data_url().partition(",")[2]}
    return {"type": "document" if part.kind == "application/pdf" else "image", "source": source}


class MessagesAnswer:
    """Collects the events of a stream into the message that they describe."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = ({"stream": True},)

    def __init__(self) -> None:
        self._message: Body = {}
        self._blocks: dict[int, Body] = {}
        self._inputs: dict[int, str] = {}
        self.finished = False

    def add(self, event: Mapping[str, Any]) -> str:
        kind, number = event.get("type"), event.get("index", 0)
        if kind == "message_start":
            self._message |= _mapping(event.get("message"))
        elif kind == "content_block_start":
            self._blocks[number] = dict(_mapping(event.get("content_block")))
        elif kind == "content_block_delta":
            return self._grow(number, _mapping(event.get("delta")))
        elif kind == "message_delta":
            self._message |= _mapping(event.get("delta"))
            self._message["usage"] = {**_mapping(self._message.get("usage")), **_mapping(event.get("usage"))}
        elif kind == "message_stop":
            self.finished = True
        return ""

    def _grow(self, number: int, delta: Mapping[str, Any]) -> str:
        block = self._blocks.setdefault(number, {"type": "text", "text": ""})
        for key in ("text", "thinking", "signature"):
            if isinstance(delta.get(key), str):
                block[key] = str(block.get(key) or "") + delta[key]
        piece = str(delta.get("partial_json") or "")
        self._inputs[number] = self._inputs.get(number, "") + piece
        return str(delta.get("text") or piece)

    def end(self) -> None:
        """This protocol ends by an event of its own."""

    def take(self, body: Mapping[str, Any]) -> str:
        self._message, self.finished = dict(body), True
        blocks = body.get("content") if isinstance(body.get("content"), list) else []
        self._blocks = {number: dict(_mapping(block)) for number, block in enumerate(blocks or [])}
        return "".join(str(block.get("text") or "") for block in self._blocks.values())

    def body(self) -> Mapping[str, Any]:
        for number, text in self._inputs.items():
            if self._blocks[number].get("type") == "tool_use" and text:
                self._blocks[number]["input"] = _json(text)
        return {**self._message, "content": [self._blocks[number] for number in sorted(self._blocks)]}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Misunderstood(text) from error


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
