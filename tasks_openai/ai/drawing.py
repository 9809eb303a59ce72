"""Pictures from whatever provider: one function a protocol, which gives the bytes or the addresses that came back."""

import json
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from builder.tasks.api import RunContext, TaskFailure
from tasks_openai.ai.answered import Reason, usage_in
from tasks_openai.ai.provider.base import ModelProvider
from tasks_openai.ai.provider.connecting import connect, model_path
from tasks_openai.ai.provider.fields import AzureOpenAI
from tasks_openai.answers import media
from tasks_openai.answers.pictures import LARGEST_ANSWER_BYTES, LARGEST_IMAGE_BYTES
from tasks_openai.prices import Usage
from tasks_openai.providers import Drawing
from tasks_openai.wire.calls import fetch, fetch_json, paid_for_nothing
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.failures import Misunderstood
from tasks_openai.wire.records import spend

_LOOK_SECONDS, _MOST_LOOKS = 3.0, 200
_DONE, _UNDER_WAY = "SUCCEEDED", ("PENDING", "RUNNING", "SUSPENDED")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as it came: its bytes, base64, a data URL or an address of the web."""

    picture: str | bytes
    usage: Usage | None = None
    reason: Reason = "STOP"

    async def content(self, context: RunContext) -> bytes:
        """The bytes of the picture. Raises TaskFailure."""
        if isinstance(self.picture, bytes):
            return self.picture
        if self.picture.startswith(("http://", "https://", "data:")):
            return (await media.load(context, self.picture, LARGEST_IMAGE_BYTES)).content
        return media.from_base64(self.picture)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request for a picture."""

    context: RunContext
    connection: Connection
    provider: ModelProvider
    prompt: str

    @property
    def model(self) -> str:
        return self.provider.model_name

    async def json(self, path: str, body: Mapping[str, Any] | None, method: str = "POST") -> Mapping[str, Any]:
        call = Call(method, path, body)
        return await fetch_json(self.context, self.connection, call, model=self.model, limit_bytes=LARGEST_ANSWER_BYTES)

    def nothing(self, said: Mapping[str, Any]) -> TaskFailure:
        """There is no picture in the answer; what there is, is told, and it may have to be paid for."""
        why = _why(said)
        if not why:
            return self.not_understood(Misunderstood(json.dumps(said, default=str)))
        spend(self.context, None, {"model": self.model})
        return TaskFailure(f"{self.provider.vendor.title} made no picture: {why.rstrip('.')}. Rephrase the prompt.")

    def not_understood(self, error: Misunderstood) -> TaskFailure:
        return paid_for_nothing(self.context, self.connection, self.model, error)


async def draw(context: RunContext, provider: ModelProvider, prompt: str) -> tuple[Drawn, Connection]:
    """Has a picture made; also tells whom it was asked of. Raises TaskFailure."""
    if provider.vendor.drawing is None:
        raise TaskFailure(f"{provider.vendor.title} makes no pictures.", retryable=False)
    connection = await connect(context, provider, "images")
    drawn = await _DRAWINGS[provider.vendor.drawing](_Asked(context, connection, provider, prompt))
    return drawn, connection


async def _openai(asked: _Asked) -> Drawn:
    deployed = isinstance(asked.provider, AzureOpenAI) and asked.provider.service_version
    model = {} if deployed else {"model": asked.model}
    body = await asked.json("/images/generations", {**model, "prompt": asked.prompt})
    first = _first(body.get("data"))
    picture = first.get("b64_json") or first.get("url")
    if not isinstance(picture, str):
        raise asked.nothing(body)
    return Drawn(picture, usage_in(body.get("usage"), "input_tokens", "output_tokens", "", "total_tokens"))


async def _chat(asked: _Asked) -> Drawn:
    messages = [{"role": "user", "content": asked.prompt}]
    body = await asked.json(
        "/chat/completions", {"model": asked.model, "messages": messages, "modalities": ["image", "text"]}
    )
    message = _mapping(_first(body.get("choices")).get("message"))
    picture = _mapping(_first(message.get("images")).get("image_url")).get("url")
    if not isinstance(picture, str):
        raise asked.nothing(message or body)
    return Drawn(picture, usage_in(body.get("usage"), "prompt_tokens", "completion_tokens", "", "total_tokens"))


async def _google(asked: _Asked) -> Drawn:
    path = f"/models/{model_path(asked.model)}"
    if "imagen" in asked.model.lower():
        sent = {"instances": [{"prompt": asked.prompt}], "parameters": {"sampleCount": 1}}
        body = await asked.json(f"{path}:predict", sent)
        picture = _first(body.get("predictions")).get("bytesBase64Encoded")
        if not isinstance(picture, str):
            raise asked.nothing(_first(body.get("predictions")) or body)
        return Drawn(picture)
    parts = [{"role": "user", "parts": [{"text": asked.prompt}]}]
    modalities = {"responseModalities": ["TEXT", "IMAGE"]}
    body = await asked.json(f"{path}:generateContent", {"contents": parts, "generationConfig": modalities})
    content = _mapping(_first(body.get("candidates")).get("content"))
    found = [_mapping(_mapping(part).get("inlineData")).get("data") for part in _list(content.get("parts"))]
    picture = next((data for data in found if isinstance(data, str)), None)
    if picture is None:
        raise asked.nothing(_mapping(body.get("promptFeedback")) or _first(body.get("candidates")) or body)
    usage = usage_in(body.get("usageMetadata"), "promptTokenCount", "candidatesTokenCount", "", "totalTokenCount")
    return Drawn(picture, usage)


async def _bedrock(asked: _Asked) -> Drawn:
    amazon = asked.model.split("/")[-1].removeprefix("us.").removeprefix("eu.").startswith("amazon.")
    of_amazon = {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": asked.prompt},
        "imageGenerationConfig": {"numberOfImages": 1},
    }
    path = f"/model/{quote(asked.model, safe='')}/invoke"
    body = await asked.json(path, of_amazon if amazon else {"prompt": asked.prompt})
    picture = next(iter(_list(body.get("images"))), None)
    if not isinstance(picture, str):
        reasons = [str(reason) for reason in _list(body.get("finish_reasons")) if reason]
        raise asked.nothing({"message": reasons[0]} if reasons else body)
    return Drawn(picture)


async def _dashscope(asked: _Asked) -> Drawn:
    if asked.model.startswith("qwen-image"):
        return await _qwen(asked)
    waiting = replace(
        asked,
        connection=replace(asked.connection, headers=(*asked.connection.headers, ("X-DashScope-Async", "enable"))),
    )
    sent = {"model": asked.model, "input": {"prompt": asked.prompt}, "parameters": {"n": 1}}
    body = await waiting.json("/services/aigc/text2image/image-synthesis", sent)
    output = _mapping(body.get("output"))
    for _ in range(_MOST_LOOKS):
        if output.get("task_status") not in _UNDER_WAY:
            break
        await sleep(_LOOK_SECONDS)
        body = await asked.json(f"/tasks/{quote(str(output.get('task_id')), safe='')}", None, "GET")
        output = _mapping(body.get("output"))
    first = _first(output.get("results"))
    if output.get("task_status") != _DONE or not isinstance(first.get("url"), str):
        raise asked.nothing(first or output or body)
    return Drawn(first["url"])


async def _qwen(asked: _Asked) -> Drawn:
    turn = {"role": "user", "content": [{"text": asked.prompt}]}
    body = await asked.json(
        "/services/aigc/multimodal-generation/generation", {"model": asked.model, "input": {"messages": [turn]}}
    )
    message = _mapping(_first(_mapping(body.get("output")).get("choices")).get("message"))
    picture = _first(message.get("content")).get("image")
    if not isinstance(picture, str):
        raise asked.nothing(body)
    return Drawn(picture)


async def _hugging_face(asked: _Asked) -> Drawn:
    return await _bytes_or_json(asked, {"inputs": asked.prompt})


async def _workers_ai(asked: _Asked) -> Drawn:
    return await _bytes_or_json(asked, {"prompt": asked.prompt})


async def _bytes_or_json(asked: _Asked, body: Mapping[str, Any]) -> Drawn:
    """The bytes of a picture, or JSON with one in base64."""
    call = Call("POST", f"/{model_path(asked.model)}", body)
    reply = await fetch(asked.context, asked.connection, call, model=asked.model, limit_bytes=LARGEST_ANSWER_BYTES)
    if reply.kind != "application/json":
        return Drawn(reply.content)
    try:
        said = reply.json()
    except Misunderstood as error:
        raise asked.not_understood(error) from error
    picture = _mapping(said.get("result")).get("image")
    if not isinstance(picture, str):
        raise asked.nothing(said)
    return Drawn(picture)


_DRAWINGS: Mapping[Drawing, Callable[[_Asked], Awaitable[Drawn]]] = {
    Drawing.OPENAI: _openai,
    Drawing.CHAT: _chat,
    Drawing.GOOGLE: _google,
    Drawing.BEDROCK: _bedrock,
    Drawing.DASHSCOPE: _dashscope,
    Drawing.HUGGING_FACE: _hugging_face,
    Drawing.WORKERS_AI: _workers_ai,
}


def _why(said: Mapping[str, Any]) -> str:
    """Why there is no picture, in the provider's words: a sentence, a filter's name, what the model wrote instead."""
    for name in ("message", "raiFilteredReason", "blockReason", "finishMessage", "finishReason", "content", "error"):
        if isinstance(said.get(name), str) and said[name]:
            return str(said[name])[:300]
    first = _first(said.get("errors"))
    return str(first.get("message") or "")[:300]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first(value: object) -> Mapping[str, Any]:
    return _mapping(next(iter(_list(value)), None))
