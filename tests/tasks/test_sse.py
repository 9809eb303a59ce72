"""Server-sent events, from a real server and piece by piece."""

from typing import Any

import pytest

from builder.errors import TaskFailure
from builder.tasks.http.events import Event, EventReader
from builder.tasks.http.sse_request import SseRequest
from builder.tasks.testing import FakeContext, run_task
from tests.tasks.conftest import Site


async def listen(site: Site, path: str = "/events", context: FakeContext | None = None, **written: Any) -> Any:
    return await run_task(SseRequest, {"uri": site.url + path, **written}, context)


async def test_each_event_is_kept_with_what_it_says(site: Site) -> None:
    context = FakeContext()
    outputs = await listen(site, context=context)
    assert outputs["size"] == 3 and outputs["code"] == 200 and outputs["result"] is None
    assert outputs["events"] == [
        {"data": {"text": "Café"}, "name": "message", "id": "1", "comment": "hello", "retry": None},
        {"data": "one\ntwo", "name": "tick", "id": "1", "comment": None, "retry": 500},
        {"data": {"text": " au lait"}, "name": "message", "id": "1", "comment": None, "retry": 500},
    ]
    assert site.requests[0]["headers"]["Accept"] == "text/event-stream"
    assert context.streamed[1] == "one\ntwo\n"
    assert ("size", 3.0) in [(name, float(value)) for name, value, *_ in context.metrics]


@pytest.mark.parametrize("program", [".data.text", "$.data.text", ".data | .text?"])
async def test_values_are_taken_out_and_put_together(site: Site, program: str) -> None:
    outputs = await listen(site, concatJqExpression=program, failedOnMissingJq=False)
    assert outputs["result"] == "Café au lait" and outputs["events"] is None


async def test_an_event_that_lacks_the_value_is_a_failure_unless_it_is_passed_over(site: Site) -> None:
    with pytest.raises(TaskFailure, match='gives nothing for event 2: "one'):
        await listen(site, concatJqExpression=".data.text")
    with pytest.raises(TaskFailure, match="concatJqExpression: "):
        await listen(site, concatJqExpression=".data.(")


async def test_it_stops_after_the_most_events(site: Site) -> None:
    assert (await listen(site, maxEvents=1))["size"] == 1


async def test_what_is_no_stream_of_events_is_refused(site: Site) -> None:
    with pytest.raises(TaskFailure, match="answered application/json; charset=utf-8, not a stream of events"):
        await listen(site, "/echo")


async def test_a_stream_larger_than_the_limit_is_a_failure(site: Site) -> None:
    with pytest.raises(TaskFailure, match="is larger than 20 bytes"):
        await listen(site, options={"maxContentLength": 20})


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pieces_of_any_size_give_the_same_events(size: int) -> None:
    raw = "\ufeffdata: a\r\n\r\nevent: x\ndata:b\ndata\n\n: only a comment\n\nid: 7\rdata: é\r\r".encode()
    reader = EventReader()
    found = [event for at in range(0, len(raw), size) for event in reader.feed(raw[at : at + size])]
    found += reader.feed(b"\n")
    assert found == [Event("a"), Event("b\n", "x"), Event("é", id="7")]
