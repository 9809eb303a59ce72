"""One question to whatever provider: in its dialect, streamed where it can be, measured, held against its shape."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from builder.tasks.api import RunContext, TaskFailure, WrongProperty
from tasks_openai.ai.answered import Answered, measure
from tasks_openai.ai.configuration import ChatConfiguration, ResponseFormat
from tasks_openai.ai.conversation import Turn
from tasks_openai.ai.dialects.anthropic_dialect import AnthropicDialect
from tasks_openai.ai.dialects.bedrock_dialect import BedrockDialect
from tasks_openai.ai.dialects.google_dialect import GoogleDialect
from tasks_openai.ai.dialects.oci_dialect import OciDialect
from tasks_openai.ai.dialects.openai_dialect import OpenAIDialect
from tasks_openai.ai.dialects.question import Dialect, Question
from tasks_openai.ai.provider.base import ModelProvider
from tasks_openai.ai.provider.connecting import connect
from tasks_openai.ai.provider.fields import OpenAI
from tasks_openai.answers import structured
from tasks_openai.providers import Json, Speech, Thinking
from tasks_openai.wire.calls import ask, paid_for_nothing
from tasks_openai.wire.failures import Misunderstood

_DIALECTS: Mapping[Speech, Dialect] = {
    Speech.OPENAI: OpenAIDialect(),
    Speech.ANTHROPIC: AnthropicDialect(),
    Speech.GOOGLE: GoogleDialect(),
    Speech.BEDROCK: BedrockDialect(),
    Speech.OCI: OciDialect(),
}
_TEXT = ResponseFormat()


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer with its data (None where words were asked for) and how long it took."""

    answered: Answered
    data: Any
    milliseconds: int


def check_configuration(provider: ModelProvider, how: ChatConfiguration) -> None:
    """Raises WrongProperty for what the provider cannot do."""
    vendor = provider.vendor
    if how.top_k is not None and not vendor.top_k:
        raise WrongProperty(("configuration", "topK"), f"{vendor.title} has no such setting; leave it out")
    if how.seed is not None and not vendor.seed:
        raise WrongProperty(("configuration", "seed"), f"{vendor.title} has no such setting; leave it out")
    shape = how.response_format
    if shape and shape.strict_json and shape.json_schema and isinstance(provider, OpenAI) and not provider.own_server:
        faults = structured.strict_faults(shape.json_schema)
        if faults:
            raise WrongProperty(("configuration", "responseFormat", "jsonSchema"), "; ".join(faults[:3]))


async def hear(
    context: RunContext,
    provider: ModelProvider,
    turns: Sequence[Turn],
    how: ChatConfiguration,
    shape_name: str = "output",
) -> Heard:
    """Asks, and gives the answer. Raises TaskFailure, also for an answer that does not fit the shape asked for."""
    question = _in_words(Question(provider, turns, how, how.response_format or _TEXT, shape_name))
    if how.thinking_enabled is not None and _cannot_switch(provider):
        context.log("WARN", f"{provider.vendor.title} has no switch for thinking: the model decides by itself.")
    started = time.monotonic()
    answered = await _asked(context, question, how)
    heard = Heard(answered, None, round((time.monotonic() - started) * 1000))
    _judge(context, answered, provider)
    return replace(heard, data=_data(answered, question.shape)) if question.shape.type == "JSON" else heard


def _cannot_switch(provider: ModelProvider) -> bool:
    vendor = provider.vendor
    plain = vendor.speech is Speech.OPENAI and vendor.thinking is Thinking.ALWAYS
    return plain or vendor.speech is Speech.OCI


async def _asked(context: RunContext, question: Question, how: ChatConfiguration) -> Answered:
    provider = question.provider
    connection = await connect(context, provider, "chat")
    dialect = _DIALECTS[provider.vendor.speech]
    collecting, body = dialect.collecting(question), dialect.body(question)
    if how.log_requests:
        context.log("INFO", f"Request: {json.dumps(body, ensure_ascii=False)}")
    await ask(context, connection, dialect.path(question), body, collecting, model=provider.model_name)
    try:
        whole = collecting.body()
        answered = dialect.read(whole)
    except Misunderstood as error:
        raise paid_for_nothing(context, connection, provider.model_name, error) from error
    if how.log_responses:
        context.log("INFO", f"Answer: {json.dumps(whole, ensure_ascii=False, default=str)}")
    measure(context, answered.usage, connection, provider.model_name)
    return answered


def _in_words(question: Question) -> Question:
    """The question with its shape in the rules, where the provider does not take a schema."""
    vendor, shape = question.provider.vendor, question.shape
    thinks = vendor.speech is Speech.ANTHROPIC and question.configuration.thinking_enabled
    takes_schema = vendor.json is Json.SCHEMA and not thinks
    if shape.type != "JSON" or (takes_schema and (shape.json_schema or vendor.speech is not Speech.ANTHROPIC)):
        return question
    rule = "Answer with nothing but JSON, without a fence around it."
    if shape.json_schema is not None:
        rule += f" It must fit this JSON schema: {json.dumps(shape.json_schema, ensure_ascii=False)}"
    if shape.json_schema_description:
        rule += f"\n{shape.json_schema_description}"
    rules = Turn("system", (f"{question.rules}\n\n{rule}".strip(),))
    return replace(question, turns=[rules, *question.spoken])


def _judge(context: RunContext, answered: Answered, provider: ModelProvider) -> None:
    if answered.reason == "CONTENT_FILTER":
        raise TaskFailure(
            f"The content filter of {provider.vendor.title} stopped the answer; rephrase the prompt.",
            outputs={"textOutput": answered.text, "finishReason": answered.reason},
        )
    if answered.reason == "LENGTH":
        context.log("WARN", "The answer was cut at the token limit; raise maxToken to get all of it.")


def _data(answered: Answered, shape: ResponseFormat) -> Any:
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", answered.text, re.S)
    found = structured.fitting(fenced[1] if fenced else answered.text, shape.json_schema or {})
    if found.faults:
        raise structured.misfit(found, {"textOutput": answered.text, "finishReason": answered.reason}, "")
    return found.value
