"""What the protocol server says: an answer made to fit a request, and its shape in each of the two protocols."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A function the model wants called; `arguments` is a mapping, or text that is sent as it is."""

    name: str
    arguments: Json | str

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Usage:
    """Token numbers of one answer."""

    input: int = 12
    output: int = 8
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Answer:
    """One scripted answer. `status` other than 200 answers OpenAI's error envelope with `code` and `text`.

    `cut_after` closes the connection after that many pieces; `hang` never answers; `reset` breaks the connection.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: Usage | None = Usage()
    finish_reason: str | None = None
    sources: tuple[str, ...] = ()
    refusal: str | None = None
    status: int = 200
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    cut_after: int | None = None
    hang: bool = False
    failed: str | None = None


def read_answer(fields: Json) -> Answer:
    """An answer from JSON, for a server that is scripted from another process."""
    calls = tuple(Call(**call) for call in fields.get("calls", ()))
    usage = Usage(**fields["usage"]) if fields.get("usage") else fields.get("usage", Usage())
    return Answer(**{**fields, "calls": calls, "usage": usage, "sources": tuple(fields.get("sources", ()))})


def example(schema: Any) -> Any:
    """A value that fits a JSON schema."""
    if not isinstance(schema, dict):
        return "text"
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {key: example(value) for key, value in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}))]
    simple: Json = {"integer": 7, "number": 7.5, "boolean": True, "null": None}
    return simple.get(kind, f"An example of {schema.get('description', 'text')[:60]}")


def last_text(body: Json) -> str:
    """The last thing the user said, in either protocol."""
    turns = body.get("messages", body.get("input", body.get("prompt", "")))
    if isinstance(turns, list) and turns and not isinstance(turns[-1], dict):
        return str(turns[-1])
    content = turns if isinstance(turns, str) else (turns[-1].get("content") or "" if turns else "")
    if isinstance(content, list):
        content = " ".join(part.get("text", "") for part in content)
    return str(content)


def fitting(body: Json) -> Answer:
    """The answer nobody scripted: calls an offered function, fills a demanded schema, else repeats the question."""
    usage = Usage(input=len(json.dumps(body)) // 4, output=8)
    function = _offered(body)
    if function is not None:
        return Answer(calls=(Call(function["name"], example(function.get("parameters", {}))),), usage=usage)
    schema = _demanded(body)
    if schema is not None:
        return Answer(json.dumps(example(schema)), usage=usage)
    text = _named(body) or f"Here is an answer to: {last_text(body)}"
    if any(str(tool.get("type", "")).startswith("web_search") for tool in body.get("tools", [])):
        return Answer(text, sources=("https://example.org/news", "https://example.org/more"), usage=usage)
    return Answer(text, usage=usage)


def _named(body: Json) -> str:
    """The first of the classes that the rules end with, where they ask for one."""
    found = re.search(r"exact class name: (\[.*\])$", str((body.get("messages") or [{}])[0].get("content")))
    return str(json.loads(found[1])[0]) if found else ""


def _offered(body: Json) -> Json | None:
    choice = body.get("tool_choice", body.get("function_call"))
    if choice == "none":
        return None
    tools = [tool.get("function", tool) for tool in body.get("tools", []) if tool.get("type") == "function"]
    functions = tools + body.get("functions", [])
    wanted = choice.get("name") or choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    return next((one for one in functions if wanted in (None, one["name"])), None)


def _demanded(body: Json) -> Json | None:
    wanted = body.get("response_format") or body.get("text", {}).get("format") or {}
    if wanted.get("type") == "json_object":
        return {"properties": {"answer": {"type": "string"}}}
    return wanted.get("json_schema", wanted).get("schema", {}) if wanted.get("type") == "json_schema" else None


def pieces(text: str, count: int) -> list[str]:
    """The text cut into about `count` pieces."""
    size = max(1, -(-len(text) // max(1, count)))
    return [text[at : at + size] for at in range(0, len(text), size)]


class Chat:
    """The Chat Completions protocol."""

    def __init__(self, body: Json, answer: Answer) -> None:
        self.body, self.answer, self.id = body, answer, f"chatcmpl-{uuid4().hex[:24]}"
        self.legacy = "functions" in body

    def whole(self) -> Json:
        choices = [
            {"index": i, "message": self._message(), "finish_reason": self._finish(), "logprobs": None}
            for i in range(self.body.get("n") or 1)
        ]
        return self._envelope("chat.completion", choices=choices, usage=self._usage())

    def stream(self, count: int) -> Iterator[Json]:
        for index in range(self.body.get("n") or 1):
            yield self._chunk(index, {"role": "assistant", "content": None if self.answer.calls else ""})
            for delta in self._deltas(count):
                yield self._chunk(index, delta)
            yield self._chunk(index, {}, self._finish())
        if (self.body.get("stream_options") or {}).get("include_usage"):
            yield self._envelope("chat.completion.chunk", choices=[], usage=self._usage())

    def _deltas(self, count: int) -> Iterator[Json]:
        for piece in pieces(self.answer.text, count):
            yield {"content": piece}
        if self.answer.refusal:
            yield {"refusal": self.answer.refusal}
        for index, call in enumerate(self.answer.calls):
            first = {"name": call.name, "arguments": ""}
            yield self._call_delta(index, first, f"call_{index}_{self.id[-6:]}")
            for piece in pieces(call.text, count):
                yield self._call_delta(index, {"arguments": piece}, None)

    def _call_delta(self, index: int, function: Json, call_id: str | None) -> Json:
        if self.legacy:
            return {"function_call": function}
        call: Json = {"index": index, "function": function}
        return {"tool_calls": [call | {"id": call_id, "type": "function"} if call_id else call]}

    def _message(self) -> Json:
        message: Json = {"role": "assistant", "content": self.answer.text or None, "refusal": self.answer.refusal}
        calls = [{"name": call.name, "arguments": call.text} for call in self.answer.calls]
        if calls and self.legacy:
            message["function_call"] = calls[0]
        elif calls:
            message["tool_calls"] = [
                {"id": f"call_{i}_{self.id[-6:]}", "type": "function", "function": call} for i, call in enumerate(calls)
            ]
        return message

    def _finish(self) -> str:
        called = "function_call" if self.legacy else "tool_calls"
        return self.answer.finish_reason or (called if self.answer.calls else "stop")

    def _chunk(self, index: int, delta: Json, finish: str | None = None) -> Json:
        return self._envelope(
            "chat.completion.chunk", choices=[{"index": index, "delta": delta, "finish_reason": finish}]
        )

    def _envelope(self, kind: str, **more: Any) -> Json:
        return {"id": self.id, "object": kind, "created": 1_790_000_000, "model": self.body["model"], **more}

    def _usage(self) -> Json | None:
        usage = self.answer.usage
        return usage and {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cached},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        }


class Complete:
    """The older Completions protocol."""

    def __init__(self, body: Json, answer: Answer) -> None:
        self.body, self.answer, self.id = body, answer, f"cmpl-{uuid4().hex[:24]}"

    def whole(self) -> Json:
        count = self.body.get("n") or 1
        return self._envelope([self._choice(index, self.answer.text, "stop") for index in range(count)], True)

    def stream(self, count: int) -> Iterator[Json]:
        for index in range(self.body.get("n") or 1):
            for piece in pieces(self.answer.text, count):
                yield self._envelope([self._choice(index, piece, None)])
            yield self._envelope([self._choice(index, "", "stop")])
        if (self.body.get("stream_options") or {}).get("include_usage"):
            yield self._envelope([], True)

    def _choice(self, index: int, text: str, finish: str | None) -> Json:
        return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}

    def _envelope(self, choices: list[Json], counted: bool = False) -> Json:
        usage = self.answer.usage
        tokens = usage and {
            "prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.input + usage.output
        }  # fmt: skip
        head = {"id": self.id, "object": "text_completion", "created": 1_790_000_000, "model": self.body["model"]}
        return {**head, "choices": choices, **({"usage": tokens} if counted else {})}


class Respond:
    """The Responses protocol."""

    def __init__(self, body: Json, answer: Answer) -> None:
        self.body, self.answer, self.id = body, answer, f"resp_{uuid4().hex}"

    def whole(self, status: str | None = None) -> Json:
        status = status or (
            "failed" if self.answer.failed else "incomplete" if self.answer.finish_reason == "length" else "completed"
        )
        keys = ("instructions", "metadata", "max_output_tokens", "previous_response_id", "reasoning", "text", "user")
        return {
            "id": self.id,
            "object": "response",
            "created_at": 1_790_000_000,
            "status": status,
            "model": self.body["model"],
            "output": [] if status == "in_progress" else self._output(),
            "error": {"code": "server_error", "message": self.answer.failed} if self.answer.failed else None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "parallel_tool_calls": self.body.get("parallel_tool_calls", True),
            "tools": self.body.get("tools", []),
            "tool_choice": self.body.get("tool_choice", "auto"),
            "temperature": self.body.get("temperature", 1.0),
            "top_p": self.body.get("top_p", 1.0),
            "store": self.body.get("store", True),
            "usage": None if status == "in_progress" else self._usage(),
            **{key: self.body.get(key) for key in keys},
        }

    def stream(self, count: int) -> Iterator[Json]:
        number = -1
        for event in self._events(count):
            number += 1
            yield event | {"sequence_number": number}

    def _events(self, count: int) -> Iterator[Json]:
        yield {"type": "response.created", "response": self.whole("in_progress")}
        for index, item in enumerate(self._output()):
            at: Json = {"output_index": index, "item_id": item["id"]}
            begun = item | {"status": "in_progress"}
            yield {"type": "response.output_item.added", "output_index": index, "item": begun}
            if item["type"] == "function_call":
                for piece in pieces(item["arguments"], count):
                    yield {"type": "response.function_call_arguments.delta", "delta": piece, **at}
                yield {
                    "type": "response.function_call_arguments.done",
                    "arguments": item["arguments"],
                    "name": item["name"],
                    **at,
                }
            elif item["type"] == "message":
                for piece in pieces(self.answer.text, count):
                    yield {
                        "type": "response.output_text.delta",
                        "delta": piece,
                        "content_index": 0,
                        "logprobs": [],
                        **at,
                    }
                yield {
                    "type": "response.output_text.done",
                    "text": self.answer.text,
                    "content_index": 0,
                    "logprobs": [],
                    **at,
                }
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
        whole = self.whole()
        yield {"type": f"response.{whole['status']}", "response": whole}

    def _output(self) -> list[Json]:
        items: list[Json] = []
        if self.answer.sources:
            items.append(
                {
                    "id": f"ws_{self.id[-8:]}",
                    "type": "web_search_call",
                    "status": "completed",
                    "action": {"type": "search", "query": last_text(self.body)},
                }
            )
        for index, call in enumerate(self.answer.calls):
            items.append(
                {
                    "id": f"fc_{index}_{self.id[-8:]}",
                    "type": "function_call",
                    "status": "completed",
                    "call_id": f"call_{index}_{self.id[-6:]}",
                    "name": call.name,
                    "arguments": call.text,
                }
            )
        if self.answer.text or self.answer.refusal or not items:
            items.append(
                {
                    "id": f"msg_{self.id[-8:]}",
                    "type": "message",
                    "role": "assistant",
                    "status": "completed",
                    "content": [self._content()],
                }
            )
        return items

    def _content(self) -> Json:
        if self.answer.refusal:
            return {"type": "refusal", "refusal": self.answer.refusal}
        notes = [
            {"type": "url_citation", "url": url, "title": "A page", "start_index": 0, "end_index": 4}
            for url in self.answer.sources
        ]
        return {"type": "output_text", "text": self.answer.text, "annotations": notes, "logprobs": []}

    def _usage(self) -> Json | None:
        usage = self.answer.usage
        return usage and {
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        }
