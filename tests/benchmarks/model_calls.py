"""Calls of a model that answers after half a second, all in parallel, over real HTTP."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from tests.benchmarks import sources
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure, timed
from tests.benchmarks.processes import cpu_seconds, parts
from tests.doubles.product import ROOT

DELAY_SECONDS = 0.5
AIMS = {50: 600, 500: 900}


def model_calls(bench: Bench) -> list[Figure]:
    figures = []
    with _server() as url:
        for width, aim in AIMS.items():
            flow_id = bench.api.publish(sources.model_calls(width, url))
            times, worker = 2 if bench.quick else 5, parts(bench.product)["worker"]
            bench.repeat(flow_id, 1, warm=0)
            used = cpu_seconds(worker)
            seconds = bench.repeat(flow_id, times, warm=0)
            used = (cpu_seconds(worker) - used) * 1000 / times / width
            figures.append(timed(f"{width} model calls of {DELAY_SECONDS} s in parallel", seconds, aim))
            figures.append(Figure("  processor time a call: worker", used, "ms"))
            bare = [asyncio.run(_bare(url, width)) for _ in range(2)]
            figures.append(timed(f"  floor: {width} bare aiohttp requests", bare))
    return figures


@contextmanager
def _server() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.doubles.openai_server", "--delay", str(DELAY_SECONDS), "--lenient"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


async def _bare(url: str, width: int) -> float:
    body = {"model": "gpt-5.4-mini", "stream": True, "messages": [{"role": "user", "content": "What?"}]}

    async def ask(session: aiohttp.ClientSession) -> None:
        async with session.post(f"{url}/chat/completions", json=body) as answer:
            await answer.read()

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers={"Authorization": "Bearer sk-benchmark"}) as session:
        begun = time.monotonic()
        await asyncio.gather(*(ask(session) for _ in range(width)))
        return time.monotonic() - begun
