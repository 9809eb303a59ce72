"""Many child executions of one run (ForEachItem), begun in groups: how far each has come is one letter of a text.

`.` not begun, `a` to be restarted, `A` being begun, `R` running, and how it ended: S W F K C. A batch is named by the
run's path with its number, `each/each_items[17]`; that is also the path its child execution knows its parent by.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from builder.engine.commands import KillChild, StartChild
from builder.engine.execution import TaskRun
from builder.engine.moving import attempts
from builder.engine.moving.asking import BATCHES, GENERATION, MAKER
from builder.engine.moving.ids import child_id
from builder.engine.moving.work import Work, child_path
from builder.engine.states import State
from builder.tasks.flow.layout import Batches

GROUP = 50
"""So many children are being created at once; how many run at once is up to their flow and the workers."""
_OPEN = frozenset("ABR")
_BATCH = re.compile(r"(?P<run>.+)\[(?P<number>\d+)\]")
_ENDS = {"S": State.SUCCESS, "W": State.WARNING, "F": State.FAILED, "K": State.KILLED, "C": State.CANCELLED}
_LETTERS = {state: letter for letter, state in _ENDS.items()}


def batch_of(runs: Mapping[str, TaskRun], path: str) -> tuple[TaskRun, int] | None:
    """The run and the number of the batch that a path names."""
    found = None if path in runs else _BATCH.fullmatch(path)
    run = runs.get(found["run"]) if found is not None else None
    if found is None or run is None or BATCHES not in run.evaluated:
        return None
    number = int(found["number"])
    return (run, number) if number < len(run.evaluated[BATCHES]) else None


def begun(work: Work, run: TaskRun, asked: Batches) -> TaskRun:
    """The run with its batches laid out, in a new attempt. A retry restarts those that failed, or begins all anew."""
    count = len(_values(work.runs, run, asked))
    number = attempts.started(work, run)
    run, flow = work.runs[run.path], work.node(run).flow
    noted = dict(run.evaluated)
    letters = re.sub("[FKC]", "a" if flow is not None and flow.restarts_children else "", noted.get(BATCHES, ""))
    if len(letters) != count or count == 0:
        noted |= {BATCHES: "." * count, GENERATION: number, MAKER: work.execution.id}
    else:
        noted[BATCHES] = letters
    return work.change(run, evaluated=noted)


def begin_some(work: Work, run: TaskRun, asked: Batches) -> TaskRun:
    """Begins batches until a group is being begun."""
    letters = list(run.evaluated[BATCHES])
    room = GROUP - letters.count("A") - letters.count("B")
    waiting = [number for number, letter in enumerate(letters) if letter in ".a"][: max(room, 0)]
    for number in waiting:
        again = letters[number] == "a"
        work.commands.append(_command(work, run, asked, number, again=again))
        letters[number] = "B" if again else "A"
    return work.change(run, evaluated={**run.evaluated, BATCHES: "".join(letters)}) if waiting else run


def being_begun(work: Work, run: TaskRun, asked: Batches) -> Iterator[StartChild]:
    """The commands of batches whose answer is still to come."""
    for number, letter in enumerate(run.evaluated[BATCHES]):
        if letter in _OPEN:
            yield _command(work, run, asked, number, again=letter == "B")


def with_letter(letters: str, number: int, letter: str) -> str:
    """The letters with one changed."""
    return f"{letters[:number]}{letter}{letters[number + 1 :]}"


def letter_of(state: State) -> str:
    """How a batch is noted that ended so."""
    return _LETTERS.get(state, "S")


def is_open(run: TaskRun, number: int) -> bool:
    """Whether this batch has been begun and has not ended."""
    return run.evaluated[BATCHES][number] in _OPEN


def are_open(run: TaskRun) -> bool:
    """Whether some batch has been begun and has not ended."""
    return not _OPEN.isdisjoint(run.evaluated[BATCHES])


def are_over(run: TaskRun) -> bool:
    """Whether every batch has ended."""
    return _ENDS.keys() >= set(run.evaluated[BATCHES])


def counts(run: TaskRun) -> dict[str, int]:
    """How many batches ended in each state."""
    letters = Counter(run.evaluated[BATCHES])
    return {state.value: letters[letter] for letter, state in _ENDS.items() if letters[letter]}


def kills(run: TaskRun) -> Iterator[KillChild]:
    """What ends the batches that run."""
    for number, letter in enumerate(run.evaluated.get(BATCHES, "")):
        if letter in _OPEN:
            yield KillChild(child_of(run, number), f"{run.path}[{number}]")


def children_of(runs: Mapping[str, TaskRun], path: str) -> tuple[str, ...]:
    """The children of all batches of the run at a path, in their order."""
    run = runs.get(path)
    if run is None or BATCHES not in run.evaluated:
        return ()
    return tuple(child_of(run, number) for number in range(len(run.evaluated[BATCHES])))


def child_of(run: TaskRun, number: int) -> str:
    """The id of a batch's child; a replay keeps those that its original made."""
    return child_id(run.evaluated[MAKER], f"{run.path}[{number}]", run.evaluated[GENERATION])


def kept(run: TaskRun) -> dict[str, Any]:
    """The notes of a run whose failed batches are to be restarted, and no others."""
    if BATCHES not in run.evaluated:
        return {}
    letters = re.sub("[ABRFKC]", "a", run.evaluated[BATCHES])
    return {BATCHES: letters, GENERATION: run.evaluated[GENERATION], MAKER: run.evaluated[MAKER]}


def _values(runs: Mapping[str, TaskRun], run: TaskRun, asked: Batches) -> list[Any]:
    """What there is a batch for: an output of a sibling."""
    sibling = runs.get(child_path(run.parent or "", "", asked.sibling))
    found = (sibling.outputs or {}).get(asked.output) if sibling is not None else None
    return list(found or ())


def _command(work: Work, run: TaskRun, asked: Batches, number: int, *, again: bool) -> StartChild:
    first = 1 if work.plan.flow.compat.batches_count_from_one else 0
    taskrun = {"items": _values(work.runs, run, asked)[number], "iteration": number + first}
    path = f"{run.path}[{number}]"
    return StartChild(path, child_of(run, number), asked.request, asked.wait, taskrun, again)
