"""OpenAI's chat completions, with the words in which its speakers differ."""

import json
from collections.abc import Mapping
from typing import Any

from tasks_openai.ai.answered import Answered, Reason, reason_of
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.dialects.question import Body, Collecting, Question, given
from tasks_openai.ai.provider.fields import DashScope, ZhiPuAI
from tasks_openai.answers.chat import ChatAnswer, CountedAnswer
from tasks_openai.answers.media import Loaded
from tasks_openai.prices import usage_of
from tasks_openai.providers import Json, Thinking
from tasks_openai.wire.failures import Misunderstood

_REASONS: Mapping[str, Reason] = {
    "stop": "STOP",
    "eos": "STOP",
    "length": "LENGTH",
    "model_length": "LENGTH",
    "tool_calls": "TOOL_EXECUTION",
    "function_call": "TOOL_EXECUTION",
    "content_filter": "CONTENT_FILTER",
    "sensitive": "CONTENT_FILTER",
}


class OpenAIDialect:
    """How most providers are asked."""

    def path(self, question: Question) -> str:
        return "/chat/completions"

    def body(self, question: Question) -> Body:
        how, vendor, provider = question.configuration, question.provider.vendor, question.provider
        sent = given(model=provider.model_name, temperature=how.temperature, top_p=how.top_p, top_k=how.top_k)
        sent["messages"] = [_turn(turn) for turn in question.turns]
        sent |= given(**{vendor.longest: question.longest, vendor.seed or "seed": how.seed})
        if question.shape.type == "JSON":
            sent["response_format"] = _shape(question)
        sent |= _thinking(question)
        if isinstance(provider, DashScope):
            sent |= given(enable_search=provider.enable_search, repetition_penalty=provider.repetition_penalty)
        if isinstance(provider, ZhiPuAI):
            sent |= given(stop=provider.stops)
        return sent

    def collecting(self, question: Question) -> Collecting:
        return CountedAnswer() if question.provider.vendor.counts else ChatAnswer()

    def read(self, body: Mapping[str, Any]) -> Answered:
        choices = body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
            raise Misunderstood(json.dumps(body))
        text, thought = _read_content(message.get("content"))
        thinking = message.get("reasoning_content") or message.get("reasoning") or thought
        return Answered(
            text or str(message.get("refusal") or ""),
            reason_of(choice.get("finish_reason"), _REASONS),
            usage_of(body.get("usage"), "chat"),
            thinking if isinstance(thinking, str) else "",
            str(body.get("id") or ""),
        )


def _read_content(content: object) -> tuple[str, str]:
    """Words and thoughts of a message; Mistral's thinking models send both as parts."""
    if not isinstance(content, list):
        return str(content or ""), ""
    text, thought = "", ""
    for part in content:
        if isinstance(part, Mapping) and part.get("type") == "text":
            text += str(part.get("text") or "")
        elif isinstance(part, Mapping) and part.get("type") == "thinking":
            thought += _read_content(part.get("thinking"))[0]
    return text, thought


def _turn(turn: Turn) -> Body:
    if all(isinstance(part, str) for part in turn.parts):
        return {"role": turn.role, "content": turn.text}
    return {"role": turn.role, "content": [_part(part) for part in turn.parts]}


def _part(part: str | Loaded) -> Body:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.kind == "application/pdf":
        return {"type": "file", "file": {"filename": part.name, "file_data": part.as_data_url()}}
    return {"type": "image_url", "image_url": {"url": part.as_data_url()}}


def _shape(question: Question) -> Body:
    shape = question.shape
    if shape.json_schema is None or question.provider.vendor.json is not Json.SCHEMA:
        return {"type": "json_object"}
    about = given(description=shape.json_schema_description)
    schema = {"name": question.shape_name, **about, "schema": shape.json_schema, "strict": shape.strict_json}
    return {"type": "json_schema", "json_schema": schema}


def _thinking(question: Question) -> Body:
    wanted, budget = question.configuration.thinking_enabled, question.configuration.thinking_budget_tokens
    if wanted is None:
        return {}
    match question.provider.vendor.thinking:
        case Thinking.FLAG:
            return given(enable_thinking=wanted, thinking_budget=budget if wanted else None)
        case Thinking.KIND:
            return {"thinking": {"type": "enabled" if wanted else "disabled"}}
        case Thinking.REASONING:
            return {"reasoning": given(enabled=wanted, max_tokens=budget if wanted else None)}
        case Thinking.ALWAYS:
            return {}
