"""The chat of OCI's Generative AI: one form for Cohere's models, one for all others; read whole."""

import json
from collections.abc import Mapping
from typing import Any

from builder.tasks.api import TaskFailure
from tasks_openai.ai.answered import Answered, Reason, reason_of, usage_in
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.dialects.question import Body, Collecting, Question, given
from tasks_openai.ai.dialects.whole_answer import WholeAnswer
from tasks_openai.ai.provider.fields import OciGenAI
from tasks_openai.answers.media import Loaded
from tasks_openai.wire.failures import Misunderstood

_REASONS: Mapping[str, Reason] = {
    "stop": "STOP",
    "complete": "STOP",
    "length": "LENGTH",
    "max_tokens": "LENGTH",
    "tool_calls": "TOOL_EXECUTION",
    "content_filter": "CONTENT_FILTER",
    "error_toxic": "CONTENT_FILTER",
}
_ROLES = {"system": "SYSTEM", "user": "USER", "assistant": "ASSISTANT"}
_COHERE_ROLES = {"user": "USER", "assistant": "CHATBOT"}


class OciDialect:
    """How models of OCI are asked."""

    def path(self, question: Question) -> str:
        return "/chat"

    def body(self, question: Question) -> Body:
        provider, how = question.provider, question.configuration
        assert isinstance(provider, OciGenAI)
        asked = given(
            temperature=how.temperature, topP=how.top_p, topK=how.top_k, seed=how.seed, maxTokens=question.longest
        )
        asked |= _cohere(question) if "cohere" in provider.model_name.lower() else _generic(question)
        dedicated = ".generativeaiendpoint." in provider.model_name
        serving = {"servingType": "DEDICATED", "endpointId": provider.model_name}
        on_demand = {"servingType": "ON_DEMAND", "modelId": provider.model_name}
        return {
            "compartmentId": provider.compartment_id,
            "servingMode": serving if dedicated else on_demand,
            "chatRequest": asked | {"isStream": False},
        }

    def collecting(self, question: Question) -> Collecting:
        return WholeAnswer(lambda body: self.read(body).text)

    def read(self, body: Mapping[str, Any]) -> Answered:
        answer = body.get("chatResponse")
        if not isinstance(answer, Mapping):
            raise Misunderstood(json.dumps(body))
        usage = usage_in(answer.get("usage"), "promptTokens", "completionTokens", "", "totalTokens")
        if isinstance(answer.get("text"), str):
            return Answered(answer["text"], reason_of(answer.get("finishReason"), _REASONS), usage)
        choices = answer.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get("message") if isinstance(first, Mapping) else None
        if not isinstance(first, Mapping) or not isinstance(message, Mapping):
            raise Misunderstood(json.dumps(body))
        parts = [part for part in message.get("content") or () if isinstance(part, Mapping)]
        return Answered(
            "".join(str(part.get("text") or "") for part in parts),
            reason_of(first.get("finishReason"), _REASONS),
            usage,
            str(message.get("reasoningContent") or ""),
        )


def _generic(question: Question) -> Body:
    turns = [{"role": _ROLES[one.role], "content": [_part(part) for part in one.parts]} for one in question.turns]
    sent: Body = {"apiFormat": "GENERIC", "messages": turns}
    shape = question.shape
    if shape.type == "JSON" and shape.json_schema is not None:
        about = given(description=shape.json_schema_description)
        schema = {"name": question.shape_name, **about, "schema": shape.json_schema, "isStrict": shape.strict_json}
        sent["responseFormat"] = {"type": "JSON_SCHEMA", "jsonSchema": schema}
    elif shape.type == "JSON":
        sent["responseFormat"] = {"type": "JSON_OBJECT"}
    return sent


def _cohere(question: Question) -> Body:
    """The last question stands apart from the turns before it."""
    *before, last = question.spoken
    sent: Body = {"apiFormat": "COHERE", "message": _words(last)}
    if before:
        sent["chatHistory"] = [{"role": _COHERE_ROLES[one.role], "message": _words(one)} for one in before]
    if question.rules:
        sent["preambleOverride"] = question.rules
    if question.shape.type == "JSON":
        sent["responseFormat"] = {"type": "JSON_OBJECT", **given(schema=question.shape.json_schema)}
    return sent


def _words(turn: Turn) -> str:
    if any(not isinstance(part, str) for part in turn.parts):
        raise TaskFailure("Cohere's models at OCI take no pictures and no PDFs.", retryable=False)
    return turn.text


def _part(part: str | Loaded) -> Body:
    if isinstance(part, str):
        return {"type": "TEXT", "text": part}
    if part.kind == "application/pdf":
        return {"type": "DOCUMENT", "documentUrl": {"url": part.as_data_url()}}
    return {"type": "IMAGE", "imageUrl": {"url": part.as_data_url()}}
