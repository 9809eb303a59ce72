"""What the protocol server keeps and makes besides answers: stored completions and responses, files, models, sounds,
pictures, embeddings and judgements. A request's form is read as the specification's parameters."""

import base64
import json
import math
import struct
import zlib
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any
from uuid import uuid4

from aiohttp import web

Json = dict[str, Any]
MODELS = ("gpt-5.4", "gpt-5.4-mini", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "ft:gpt-4o-mini:acme:x:1")
CREATED = 1_790_000_000
_DIMENSIONS = 8
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 16


class Missing(Exception):
    """There is nothing of this name; answered as OpenAI answers it."""


class Store:
    """The state of one server."""

    def __init__(self) -> None:
        self.completions: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {}
        self.responses: dict[str, Json] = {}
        self.inputs: dict[str, list[Json]] = {}
        self.files: dict[str, tuple[Json, bytes]] = {}
        self.models = dict.fromkeys(MODELS)

    def keep_completion(self, body: Json, answer: Json) -> None:
        """A chat completion is kept when it was asked to be."""
        if body.get("store"):
            self.completions[answer["id"]] = {**answer, "metadata": body.get("metadata") or {}}
            turns = body.get("messages", [])
            self.messages[answer["id"]] = [{"id": f"{answer['id']}-{n}", **turn} for n, turn in enumerate(turns)]

    def keep_response(self, body: Json, answer: Json) -> None:
        """A response is kept unless it was asked not to be."""
        if body.get("store", True):
            asked = body.get("input", "")
            turns = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
            self.responses[answer["id"]] = answer
            self.inputs[answer["id"]] = [
                {"id": f"msg_{n}_{answer['id'][-6:]}", "type": "message", **turn} for n, turn in enumerate(turns)
            ]

    def handlers(self) -> Iterable[tuple[str, str, Callable[[web.Request, Json], Any]]]:
        """Method, path and what answers: JSON, or a Response."""
        yield "GET", "/v1/chat/completions", self._list_completions
        yield "GET", "/v1/chat/completions/{id}", lambda http, _: _found(self.completions, http)
        yield "POST", "/v1/chat/completions/{id}", self._update_completion
        yield (
            "DELETE",
            "/v1/chat/completions/{id}",
            lambda http, _: _gone(self.completions, http, "chat.completion.deleted"),
        )
        yield "GET", "/v1/chat/completions/{id}/messages", lambda http, _: page(_found(self.messages, http), http)
        yield "GET", "/v1/responses/{id}", lambda http, _: _found(self.responses, http)
        yield "DELETE", "/v1/responses/{id}", self._delete_response
        yield "GET", "/v1/responses/{id}/input_items", lambda http, _: page(_found(self.inputs, http), http)
        yield (
            "GET",
            "/v1/models",
            lambda http, _: {"object": "list", "data": [_model(name, self.models) for name in self.models]},
        )
        yield "GET", "/v1/models/{id}", lambda http, _: _model(http.match_info["id"], self.models)
        yield "DELETE", "/v1/models/{id}", self._delete_model
        yield "POST", "/v1/files", self._upload
        yield "GET", "/v1/files", lambda http, _: page([about for about, _ in self.files.values()], http)
        yield "GET", "/v1/files/{id}", lambda http, _: _found(self.files, http)[0]
        yield "GET", "/v1/files/{id}/content", lambda http, _: web.Response(body=_found(self.files, http)[1])
        yield "DELETE", "/v1/files/{id}", lambda http, _: _gone(self.files, http, "file")
        yield "POST", "/v1/embeddings", _embeddings
        yield "POST", "/v1/moderations", _moderation
        yield "POST", "/v1/images/generations", _images
        yield "POST", "/v1/images/variations", _images
        yield "POST", "/v1/audio/speech", lambda http, body: web.Response(body=MP3, content_type="audio/mpeg")
        yield "POST", "/v1/audio/transcriptions", _heard
        yield "POST", "/v1/audio/translations", _heard
        yield "POST", "/v1/realtime/sessions", _session
        yield "POST", "/v1/realtime/transcription_sessions", _session

    def _list_completions(self, http: web.Request, _: Json) -> Json:
        wanted = {key[9:-1]: value for key, value in http.query.items() if key.startswith("metadata[")}
        found = [
            one
            for one in self.completions.values()
            if http.query.get("model", one["model"]) == one["model"] and wanted.items() <= one["metadata"].items()
        ]
        return page(found, http)

    def _delete_completion(self, http: web.Request, _: Json) -> Json:
        return _gone(self.completions, http, "chat.completion.deleted")

    def _delete_response(self, http: web.Request, _: Json) -> Json:
        self.inputs.pop(http.match_info["id"], None)
        return _gone(self.responses, http, "response.deleted")

    def _update_completion(self, http: web.Request, body: Json) -> Json:
        known: Json = _found(self.completions, http)
        known["metadata"] = body["metadata"]
        return known

    def _delete_model(self, http: web.Request, _: Json) -> Json:
        name = http.match_info["id"]
        if name not in self.models:
            raise Missing(f"The model '{name}' does not exist")
        if not name.startswith("ft:"):
            raise PermissionError("You can only delete models of your organization.")
        del self.models[name]
        return {"id": name, "object": "model", "deleted": True}

    def _upload(self, http: web.Request, body: Json) -> Json:
        name, content, _ = body["file"]
        about = {
            "id": f"file-{uuid4().hex[:20]}", "object": "file", "bytes": len(content), "created_at": CREATED,
            "filename": name, "purpose": body.get("purpose"), "status": "processed",
        }  # fmt: skip
        self.files[about["id"]] = (about, content)
        return about


def page(things: list[Json], http: web.Request) -> Json:
    """One page of a list, as `limit`, `order`, `after` and `before` ask."""
    shown = list(reversed(things)) if http.query.get("order", "asc") == "desc" else list(things)
    ids = [one["id"] for one in shown]
    if http.query.get("after") in ids:
        shown = shown[ids.index(http.query["after"]) + 1 :]
    if http.query.get("before") in ids:
        shown = shown[: ids.index(http.query["before"])]
    limit = int(http.query.get("limit", 20))
    cut = shown[:limit]
    edges = {"first_id": cut[0]["id"], "last_id": cut[-1]["id"]} if cut else {"first_id": None, "last_id": None}
    return {"object": "list", "data": cut, "has_more": len(shown) > limit, **edges}


def _found(things: dict[str, Any], http: web.Request) -> Any:
    name = http.match_info["id"]
    if name not in things:
        raise Missing(f"No item with id '{name}' found.")
    return things[name]


def _gone(things: dict[str, Any], http: web.Request, kind: str) -> Json:
    _found(things, http)
    del things[http.match_info["id"]]
    return {"id": http.match_info["id"], "object": kind, "deleted": True}


def _model(name: str, known: Iterable[str]) -> Json:
    if name not in known:
        raise Missing(f"The model '{name}' does not exist")
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "openai"}


def _embeddings(http: web.Request, body: Json) -> Json:
    asked = body["input"]
    texts = asked if isinstance(asked, list) and not isinstance(asked[0], int) else [asked]
    count = body.get("dimensions", _DIMENSIONS)
    vectors = [_vector(json.dumps(text), count) for text in texts]
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(len(str(text)) // 4 + 1 for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def _vector(text: str, count: int) -> list[float]:
    """Numbers of length 1 that follow from the text, as 32-bit floats hold them."""
    raw = [int(sha256(f"{text}{n}".encode()).hexdigest()[:8], 16) / 2**31 - 1 for n in range(count)]
    length = math.sqrt(sum(number * number for number in raw))
    return list(struct.unpack(f"<{count}f", struct.pack(f"<{count}f", *(number / length for number in raw))))


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _moderation(http: web.Request, body: Json) -> Json:
    asked = body["input"]
    texts = asked if isinstance(asked, list) and isinstance(asked[0], str) else [asked]
    results = [
        {
            "flagged": "kill" in str(text),
            "categories": {"violence": "kill" in str(text)},
            "category_scores": {"violence": 0.9},
        }
        for text in texts
    ]
    return {"id": f"modr-{uuid4().hex[:8]}", "model": body.get("model", "omni-moderation-latest"), "results": results}


def png(red: int = 200) -> bytes:
    """A picture of one dot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes((0, red, 0, 0)))) + chunk(b"IEND", b"")


def _images(http: web.Request, body: Json) -> Json:
    count = int(body.get("n") or 1)
    if body.get("response_format") == "url":
        root = f"{http.scheme}://{http.host}"
        return {"created": CREATED, "data": [{"url": f"{root}/pictures/{number}.png"} for number in range(count)]}
    data = [{"b64_json": base64.b64encode(png(number)).decode()} for number in range(count)]
    usage = {
        "input_tokens": 10, "output_tokens": 100, "total_tokens": 110,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
    }  # fmt: skip
    return {"created": CREATED, "data": data, "output_format": body.get("output_format", "png"), "usage": usage}


def _heard(http: web.Request, body: Json) -> Any:
    name, content, _ = body["file"]
    text = f"{len(content)} bytes of {name}"
    kind = body.get("response_format", "json")
    if kind == "text":
        return web.Response(text=text)
    if kind in ("srt", "vtt"):
        head = "WEBVTT\n\n" if kind == "vtt" else "1\n"
        return web.Response(text=f"{head}00:00:00,000 --> 00:00:01,000\n{text}\n")
    if kind == "verbose_json":
        segment = {"id": 0, "start": 0.0, "end": 1.0, "text": text}
        return {"task": "transcribe", "language": "english", "duration": 1.0, "text": text, "segments": [segment]}
    details = {"audio_tokens": 14, "text_tokens": 0}
    usage = {
        "type": "tokens",
        "input_tokens": 14,
        "output_tokens": 5,
        "total_tokens": 19,
        "input_token_details": details,
    }
    return {"text": text, "usage": usage, **({"logprobs": []} if "include[]" in body else {})}


def _session(http: web.Request, body: Json) -> Json:
    secret = {"value": f"ek_{uuid4().hex}", "expires_at": CREATED + 60}
    return {"id": f"sess_{uuid4().hex[:8]}", "object": "realtime.session", **body, "client_secret": secret}
