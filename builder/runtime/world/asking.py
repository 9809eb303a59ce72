"""http() and subflow() in expressions: a rendering waits for nobody, so it is stopped, asks, and begins anew."""

import asyncio
import json
import math
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from django.db import connection

from builder.clock import SystemClock
from builder.engine.states import TERMINAL
from builder.errors import BuilderError
from builder.expressions import ExpressionError
from builder.expressions.lookups import HttpQuestion, Question, SubflowQuestion
from builder.flows.durations import BadDuration, parse_duration
from builder.runtime import live, starting
from builder.runtime.network import Network
from builder.runtime.world import servers
from builder.store import births, executions
from builder.store.lookups import nobody_is_asked

T = TypeVar("T")
_MOST_QUESTIONS = 20
LONGEST_SECONDS = 300.0
"""How long a subflow() may be waited for."""
_USUAL_TIMEOUT = "PT1M"
_DEEPEST = 3
_WAITING = threading.BoundedSemaphore(16)
"""Far fewer than a web process has threads, so that pages are answered however many wait."""
_FRESH_SECONDS = 30.0
_MOST_RECENT = 20
_recent: dict[Question, tuple[Any, float]] = {}
"""Answers of this process, and until when they are fresh enough for a form; each up to 4 MB."""
_threads = ThreadPoolExecutor(4, thread_name_prefix="asking")
_clock = SystemClock()


class Asked(Exception):
    """A rendering needs the answer to a question first."""

    def __init__(self, question: Question) -> None:
        self.question = question
        super().__init__(question)


class Answers:
    """What is known in one rendering. Each question is put once, however often the rendering begins anew.

    `seconds`: how long one answer may take at most; `in_all`: all of them together.
    `depth`: how many subflow() wait for this rendering.
    `may_be_old`: an answer that another rendering got a moment ago will do.
    """

    def __init__(
        self, *, seconds: float = LONGEST_SECONDS, in_all: float = math.inf, depth: int = 0, may_be_old: bool = False
    ) -> None:
        self.may_be_old = may_be_old
        self._seconds, self._in_all, self._until = seconds, in_all, time.monotonic() + in_all
        self.depth = depth
        self._known: dict[Question, Any] = {}
        self._complete = False

    @property
    def seconds(self) -> float:
        """How long the next answer may take."""
        return min(self._seconds, max(0.0, self._until - time.monotonic()))

    def of(self, question: Question) -> Any:
        """Raises Asked where it is not known yet, ExpressionError where asking failed."""
        if question not in self._known:
            if self._complete:
                return nobody_is_asked(question)
            if len(self._known) >= _MOST_QUESTIONS:
                raise ExpressionError(f"An expression asks others at most {_MOST_QUESTIONS} times")
            if not self.seconds:
                raise ExpressionError(f"Others took more than {self._in_all:g} s to answer, all together")
            raise Asked(question)
        found = self._known[question]
        if isinstance(found, ExpressionError):
            raise ExpressionError(found.reason)
        return found

    def learn(self, question: Question, answer: Any) -> None:
        self._known[question] = answer

    def completed(self) -> "Answers":
        """No more is asked from now on: the rest happens in a transaction, which must not wait."""
        self._complete = True
        return self


async def answered(network: Network, render: Callable[[Answers], Awaitable[T]]) -> T:
    """What `render` gives once all its questions are answered."""
    answers = Answers()
    while True:
        try:
            return await render(answers)
        except Asked as asked:
            question = asked.question
        if isinstance(question, HttpQuestion):
            answers.learn(question, await servers.answer_of(network, question, answers.seconds))
        else:
            run = asyncio.get_running_loop().run_in_executor(_threads, _in_own_thread, question, answers)
            answers.learn(question, await run)


def with_answers(work: Callable[[Answers], T], answers: Answers | None = None) -> T:
    """What `work` gives once all its questions are answered. Blocks; never inside a transaction."""
    answers = Answers() if answers is None else answers
    while True:
        try:
            return work(answers)
        except Asked as asked:
            question = asked.question
        answers.learn(question, _recently(question, answers) if answers.may_be_old else _answer(question, answers))


def _recently(question: Question, answers: Answers) -> Any:
    """The answer of a moment ago, or a new one; what nobody knows is asked again the next time."""
    now = time.monotonic()
    for old in [one for one, (_, until) in list(_recent.items()) if until < now]:
        _recent.pop(old, None)
    if question in _recent:
        return _recent[question][0]
    answer = _answer(question, answers)
    if not isinstance(answer, ExpressionError) and len(_recent) < _MOST_RECENT:
        _recent[question] = (answer, time.monotonic() + _FRESH_SECONDS)
    return answer


def _answer(question: Question, answers: Answers) -> Any:
    if not _WAITING.acquire(blocking=False):
        return ExpressionError("Too many others wait for servers and flows at this moment; try again in a while")
    try:
        if isinstance(question, SubflowQuestion):
            return _outcome(question, answers)
        return async_to_sync(_asked_alone)(question, answers.seconds)
    finally:
        _WAITING.release()


async def _asked_alone(question: HttpQuestion, seconds: float) -> Any:
    network = Network()
    try:
        return await servers.answer_of(network, question, seconds)
    finally:
        await network.close()


def _in_own_thread(question: SubflowQuestion, answers: Answers) -> Any:
    try:
        return _outcome(question, answers)
    finally:
        connection.close()


def _outcome(question: SubflowQuestion, answers: Answers) -> Any:
    """The end of an execution of that flow, or the ExpressionError that says why there is none."""
    name = f"'{question.namespace}'.'{question.id}'"
    try:
        seconds = min(_seconds(question), answers.seconds)
        execution_id = _begun(question, answers.depth, seconds)
        async_to_sync(live.ended)(execution_id, seconds)
        ended = executions.load(execution_id)[0]
    except BuilderError as error:
        return ExpressionError(f"Failed to run subflow {name}: {error.message}")
    if ended.state not in TERMINAL:
        return ExpressionError(f"Subflow {name} did not end within {seconds:g} s (execution {execution_id}).")
    if ended.state not in ("SUCCESS", "WARNING"):
        return ExpressionError(f"Subflow {name} ended in state {ended.state} (execution {execution_id}).")
    outputs = dict(ended.outputs or {})
    return {"id": ended.id, "state": str(ended.state), "outputs": outputs, "labels": dict(ended.labels)}


def _seconds(question: SubflowQuestion) -> float:
    try:
        seconds = parse_duration(question.timeout or _USUAL_TIMEOUT).total_seconds()
    except BadDuration as error:
        raise ExpressionError(f"The timeout of subflow(): {error}") from error
    if seconds > LONGEST_SECONDS:
        raise ExpressionError(f"The timeout of subflow() may be {LONGEST_SECONDS:g} s at most")
    return seconds


def _begun(question: SubflowQuestion, depth: int, seconds: float) -> str:
    if depth >= _DEEPEST:
        raise ExpressionError(f"subflow() goes more than {_DEEPEST} levels deep: these flows ask each other")
    found = births.runnable(question.namespace, question.id, question.revision)
    births.refuse_disabled(found)
    births.refuse_system_labels(question.labels)
    now = _clock.now()
    given = json.loads(question.inputs)

    def make(known: Answers) -> executions.NewExecution:
        values = births.resolved_inputs(found.flow, found.revision, given, now, ask=known.of)
        labels = [*question.labels, (births.STARTED_FROM, "subflow")]
        return births.born(found.flow, found.revision, now, inputs=values, labels=labels, ask=known.of)

    return starting.start(with_answers(make, Answers(in_all=seconds, depth=depth + 1))).id
