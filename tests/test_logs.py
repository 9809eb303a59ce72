"""Lines of the processes' log say whose they are and hold no secret."""

import asyncio
import json
import logging
import sys
from typing import Any

import pytest

from builder import logs
from builder.logs import Lines

SECRET = "s3cr3t-VALUE-42"


def record(message: str, *arguments: object, error: Exception | None = None, **extra: Any) -> logging.LogRecord:
    trace = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("builder.somewhere", logging.ERROR, __file__, 1, message, arguments, trace)
    made.__dict__.update(extra)
    return made


async def told(form: str, made: logging.LogRecord, **place: Any) -> str:
    async def work() -> str:
        logs.about(lambda text: text.replace(SECRET, "******"), **place)
        return Lines(form, ["the-key-of-all"]).format(made)

    return await asyncio.create_task(work())


async def test_a_line_as_json_names_the_execution_the_flow_and_the_task() -> None:
    line = json.loads(await told("JSON", record("it is %s", "odd"), execution_id="e1", flow_id="f", task_id="t"))
    assert (line["execution_id"], line["flow_id"], line["task_id"]) == ("e1", "f", "t")
    assert (line["message"], line["level"], line["logger"]) == ("it is odd", "ERROR", "builder.somewhere")
    assert line["time"].endswith("Z")


async def test_a_line_as_text_names_them_at_its_end() -> None:
    assert (await told("TEXT", record("odd"), execution_id="e1")).endswith(
        "ERROR builder.somewhere odd [execution_id=e1]"
    )


async def test_what_one_task_works_on_is_not_told_of_another() -> None:
    await told("TEXT", record("x"), execution_id="e1")
    assert "e1" not in Lines("TEXT").format(record("y"))


@pytest.mark.parametrize("form", ["TEXT", "JSON"])
async def test_no_secret_stands_in_a_message_or_a_trace(form: str) -> None:
    try:
        raise RuntimeError(f"refused {SECRET}")
    except RuntimeError:
        error = sys.exception()
    assert isinstance(error, Exception)
    line = await told(form, record(f"sent {SECRET} and the-key-of-all", error=error), execution_id="e1")
    assert SECRET not in line and "the-key-of-all" not in line
    assert "RuntimeError" in line and "refused ******" in line


def test_a_line_with_line_ends_is_one_line_of_json() -> None:
    assert "\n" not in Lines("JSON").format(record("one\ntwo"))


def test_the_key_of_a_webhook_that_refused_a_call_is_not_logged() -> None:
    refused = record("%s: %s", "Not Found", "/api/v1/main/executions/webhook/team/shop/4wjtkzwV?a=1")
    line = Lines("TEXT").format(refused)
    assert "4wjtkzwV" not in line and "/webhook/team/shop/******?a=1" in line
