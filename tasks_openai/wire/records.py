"""What a call leaves behind for people: the request as it was sent, and its metrics."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from builder.tasks.api import RunContext
from tasks_openai.prices import Flavor, cost_of, usage_of
from tasks_openai.wire.exchange import Call

_HIDDEN = {"authorization", "headers"}
"""Keys of tools (mcp) whose values are credentials."""
_LONGEST_DATA_URL = 200


def shown(url: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The request without keys; files inside it are shortened."""
    return {"url": url, **{key: _without_keys(value) for key, value in parameters.items()}}


def shown_call(url: str, call: Call) -> dict[str, Any]:
    """The same of a call that does not stream: its method, query and the files it sends, named by their sizes."""
    found = {"method": call.method, **shown(url + call.path, {**call.query, **(call.body or {})})}
    for name, (file_name, content, kind) in call.files:
        found[name] = f"{file_name} ({kind}, {len(content):,} bytes)"
    return found


def _without_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: "***" if key in _HIDDEN and part else _without_keys(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_keys(part) for part in value]
    if isinstance(value, str) and value.startswith("data:") and len(value) > _LONGEST_DATA_URL:
        return f"{value[:60]}... ({len(value):,} characters)"
    return value


def measure(context: RunContext, body: Mapping[str, Any], flavor: Flavor, base_url: str) -> None:
    """The metrics of an answer: tokens as far as the server counted them, cost as far as it is known."""
    tags = {"model": str(body.get("model", ""))}
    usage = usage_of(body.get("usage"), flavor)
    if usage is not None:
        context.metric("usage.prompt.tokens", usage.input, tags=tags)
        context.metric("usage.completion.tokens", usage.output, tags=tags)
        context.metric("usage.total.tokens", usage.total, tags=tags)
        context.metric("usage.prompt.cached_tokens", usage.cached, tags=tags)
        context.metric("usage.reasoning.tokens", usage.reasoning, tags=tags)
    else:
        context.log("DEBUG", "The server did not say how many tokens it used; the tokens are unknown.")
    spend(context, cost_of(body, flavor, base_url, context.now()), tags)


def spend(context: RunContext, cost: Decimal | None, tags: Mapping[str, str] | None = None) -> None:
    """Adds what a call cost; None counts it as one whose cost is not known, so that a sum says "at least"."""
    if cost is None:
        context.metric("cost.unknown", 1, unit="calls", tags=tags)
    else:
        context.metric("cost", float(cost), unit="USD", tags=tags)
