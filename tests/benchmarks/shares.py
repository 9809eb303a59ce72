"""Where the time of the one-step executions went, from the times that the history keeps of each."""

import json
import sqlite3
from datetime import UTC, datetime

from tests.benchmarks.bench import Bench, Measured
from tests.benchmarks.figures import Figure, timed

_SELECT = """
SELECT id, created_at, started_at, ended_at FROM builder_execution WHERE id IN (SELECT value FROM json_each(?))
"""


def shares(bench: Bench) -> list[Figure]:
    runs = {run.id: run for run in bench.runs.get("one", ())}
    if not runs:
        return []
    with sqlite3.connect(f"file:{bench.data / 'millstream.sqlite3'}?mode=ro", uri=True) as connection:
        rows = connection.execute(_SELECT, (json.dumps(list(runs)),)).fetchall()
    connection.close()
    moments = [_moments(runs[key], *map(_seconds, times)) for key, *times in rows]
    names = (
        "web: request read, token, flow looked up, inputs", "row committed, rung, claimed, first decision",
        "worker: the step itself", "worker: saved, published, seen",
    )  # fmt: skip
    figures = [timed(f"  {name}", [one[number] for one in moments], remark=" ") for number, name in enumerate(names)]
    answers = [run.answered - run.asked for run in runs.values()]
    return [*figures, timed("  (the answer to the client came after)", answers, remark=" ")]


def _moments(run: Measured, created: float, started: float, ended: float) -> tuple[float, float, float, float]:
    return created - run.asked, started - created, ended - started, run.ended - ended


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
