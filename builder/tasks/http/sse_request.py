"""Reads a stream of server-sent events."""

import json
from typing import TYPE_CHECKING, Annotated, Any

from builder.tasks.api import BuilderError, Field, Form, Outputs, Rendered, RunContext, TaskFailure
from builder.tasks.http.events import Event, EventReader
from builder.tasks.http.exchange import HttpTask, too_large
from builder.tasks.http.heads import headers_of
from builder.tasks.http.options import REQUEST_BYTES

if TYPE_CHECKING:
    import httpx2

_TYPE = "text/event-stream"
_EACH = "{{ events | jq('[.[] | [try (' ~ program ~ ') catch empty | select(. != null)]]') | first }}"
"""The values that the program gives for each event."""


class SseEvent(Outputs):
    """One event as it came."""

    data: Any
    """What it says; read as JSON where it is."""
    name: str
    """What kind of event it is; message unless the server says otherwise."""
    id: str | None = None
    """The event's id, if it has one."""
    comment: str | None = None
    """A comment that came with it."""
    retry: int | None = None
    """After how many milliseconds the server wants to be asked again."""


class Events(Outputs):
    uri: str
    """The address that answered, after redirects."""
    code: int
    """The status."""
    headers: dict[str, list[str]]
    """The answer's headers, each a list."""
    size: int
    """How many events came."""
    events: list[SseEvent] | None = None
    """The events, unless a program puts them together."""
    result: str | None = None
    """What the program gave for each event, put together."""


class SseRequest(HttpTask):
    """Read a stream of server-sent events to its end.

    With `concatJqExpression` a value is taken out of each event and all are put together, such as the answer of a model
    that comes in pieces.
    """

    type_name = "io.kestra.plugin.core.http.SseRequest"
    title = "Read server-sent events"
    example = """
id: listen
type: io.kestra.plugin.core.http.SseRequest
uri: https://example.com/events
concatJqExpression: .data.text
failedOnMissingJq: false
"""

    concat_jq_expression: Annotated[str | None, Rendered("text"), Form(label="Take out of each event")] = Field(
        None, examples=[".data.text"]
    )
    """A jq program; it is given each event (data, name, id, comment, retry), and its texts are put together."""
    failed_on_missing_jq: Annotated[bool, Form(label="Fail when an event lacks it")] = True
    """An event for which the program gives nothing is a failure; otherwise it is passed over."""
    max_events: Annotated[int | None, Form(label="Most events")] = Field(None, ge=1, examples=[10])
    """Stop reading after so many; the stream's end when it is not set."""

    async def run(self, context: RunContext) -> Events:
        async with self.exchange(context) as response:
            self._check_kind(response)
            found = await self._read(response, context)
            head = {"uri": str(response.url), "code": response.status_code, "headers": headers_of(response)}
        context.metric("size", len(found))
        answer = Events(**head, size=len(found))
        if self.concat_jq_expression is None:
            return answer.model_copy(update={"events": found})
        return answer.model_copy(update={"result": await self._put_together(found, context)})

    def _headers_by_default(self) -> dict[str, str]:
        return {"Accept": _TYPE}

    def _check_kind(self, response: "httpx2.Response") -> None:
        kind = response.headers.get("content-type", _TYPE)
        if not kind.lower().startswith(_TYPE):
            raise TaskFailure(f"{self.uri} answered {kind}, not a stream of events ({_TYPE}).", retryable=False)

    async def _read(self, response: "httpx2.Response", context: RunContext) -> list[SseEvent]:
        limit = REQUEST_BYTES if self.sending.max_content_length is None else self.sending.max_content_length
        reader, found, read = EventReader(), list[SseEvent](), 0
        async for piece in response.aiter_bytes():
            read += len(piece)
            if read > limit:
                raise too_large(self.uri, limit)
            for event in reader.feed(piece):
                context.stream(f"{event.data}\n")
                found.append(_shown(event))
                if len(found) == self.max_events:
                    return found
        return found

    async def _put_together(self, found: list[SseEvent], context: RunContext) -> str:
        program = (self.concat_jq_expression or "").strip()
        program = program[1:] if program.startswith("$.") else program
        given = {"events": [event.model_dump(mode="json") for event in found], "program": program}
        try:
            values: list[list[Any]] = await context.render(_EACH, given, typed=True)
        except BuilderError as error:
            raise TaskFailure(f"concatJqExpression: {error.message}", retryable=False) from error
        lacking = [number for number, each in enumerate(values, 1) if not each]
        if lacking and self.failed_on_missing_jq:
            shown = json.dumps(found[lacking[0] - 1].data)[:200]
            raise TaskFailure(
                f"concatJqExpression gives nothing for event {lacking[0]}: {shown}; "
                "failedOnMissingJq: false passes such events over.",
                retryable=False,
            )
        return "".join(value if isinstance(value, str) else json.dumps(value) for each in values for value in each)


def _shown(event: Event) -> SseEvent:
    try:
        data = json.loads(event.data)
    except (ValueError, RecursionError):
        data = event.data
    return SseEvent(data=data, name=event.name, id=event.id, comment=event.comment, retry=event.retry)
