"""The Converse API of Amazon Bedrock, one for all of its models. Its stream is binary: the answer is read whole."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tasks_openai.ai.answered import Answered, Reason, reason_of, usage_in
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.dialects.question import Body, Collecting, Question, given
from tasks_openai.ai.dialects.whole_answer import WholeAnswer
from tasks_openai.answers.media import Loaded
from tasks_openai.wire.failures import Misunderstood

_LEAST_BUDGET = 1024
_REASONS: Mapping[str, Reason] = {
    "end_turn": "STOP",
    "stop_sequence": "STOP",
    "max_tokens": "LENGTH",
    "model_context_window_exceeded": "LENGTH",
    "tool_use": "TOOL_EXECUTION",
    "guardrail_intervened": "CONTENT_FILTER",
    "content_filtered": "CONTENT_FILTER",
}


class BedrockDialect:
    """How models of Bedrock are asked."""

    def path(self, question: Question) -> str:
        return f"/model/{quote(question.provider.model_name, safe='')}/converse"

    def body(self, question: Question) -> Body:
        how = question.configuration
        sent: Body = {"messages": [{"role": one.role, "content": _content(one)} for one in question.spoken]}
        if question.rules:
            sent["system"] = [{"text": question.rules}]
        inference = given(temperature=how.temperature, topP=how.top_p, maxTokens=question.longest)
        extra = given(top_k=how.top_k)
        if how.thinking_enabled:
            extra["thinking"] = {"type": "enabled", "budget_tokens": how.thinking_budget_tokens or _LEAST_BUDGET}
        sent |= {"inferenceConfig": inference} if inference else {}
        return sent | ({"additionalModelRequestFields": extra} if extra else {})

    def collecting(self, question: Question) -> Collecting:
        return WholeAnswer(lambda body: self.read(body).text)

    def read(self, body: Mapping[str, Any]) -> Answered:
        output = body.get("output")
        message = output.get("message") if isinstance(output, Mapping) else None
        blocks = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(blocks, list):
            raise Misunderstood(json.dumps(body))
        known = [block for block in blocks if isinstance(block, Mapping)]
        thoughts = [block.get("reasoningContent") for block in known]
        texts = [thought.get("reasoningText") for thought in thoughts if isinstance(thought, Mapping)]
        return Answered(
            "".join(str(block.get("text") or "") for block in known),
            reason_of(body.get("stopReason"), _REASONS),
            usage_in(body.get("usage"), "inputTokens", "outputTokens", "cacheReadInputTokens", "totalTokens"),
            "".join(str(text.get("text") or "") for text in texts if isinstance(text, Mapping)),
        )


def _content(turn: Turn) -> list[Body]:
    return [_part(number, part) for number, part in enumerate(turn.parts)]


def _part(number: int, part: str | Loaded) -> Body:
    if isinstance(part, str):
        return {"text": part}
    source = {"bytes": part.as_data_url().partition(",")[2]}
    if part.kind == "application/pdf":  # names of documents may hold little but letters
        return {"document": {"format": "pdf", "name": f"document {number + 1}", "source": source}}
    return {"image": {"format": part.kind.removeprefix("image/"), "source": source}}
