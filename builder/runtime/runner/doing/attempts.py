"""One try of one task: its properties rendered, its `run` called within its time, and the event that comes of it."""

import asyncio
import inspect
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings

from builder import logs
from builder.engine.commands import RunTask
from builder.engine.events import Event, TaskFailed, TaskSucceeded
from builder.engine.execution import TaskRun
from builder.engine.plan import Node, duration_of
from builder.errors import BuilderError, TaskFailure
from builder.expressions import needs_lookups, result_to_json
from builder.flows.durations import BadDuration, format_duration
from builder.runtime.context import Context
from builder.runtime.evaluate import RuntimeLookups, render
from builder.runtime.isolated.process import run_isolated
from builder.runtime.masking import Masker
from builder.runtime.runner.doing.resources import resource_failure
from builder.runtime.runner.doing.reuse import Reuse, reuse_of
from builder.runtime.runner.doing.stand_in import stand_in
from builder.runtime.runner.doing.timed import OutOfTime, in_time
from builder.runtime.vitals import spans
from builder.runtime.world.asking import answered
from builder.runtime.world.place import Call
from builder.store import documents
from builder.tasks.base import Task
from builder.tasks.fields.reuse import cache_of
from builder.tasks.prepare import dump_outputs, prepare, secrets_of
from builder.tasks.world.effects import Effect, LabelsAdded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try needs. `threads`: where a plain `run` that may block goes."""

    command: RunTask
    node: Node
    run: TaskRun
    context: Context
    lookups: RuntimeLookups
    masker: Masker
    call: Call
    threads: ThreadPoolExecutor

    @property
    def at_once(self) -> bool:
        """Whether it is so quick and pure that it runs on the spot."""
        return (
            not self.context.has_log_file
            and self.node.task.quick
            and not self.node.task.isolated
            and not self._is_async
            and not needs_lookups(self.node.properties)
            and cache_of(self.node.properties) is None
        )

    @property
    def _is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.node.task.run)

    def make(self) -> Event:
        """The whole try, on the spot."""
        with self._watched() as span:
            try:
                task = self._prepared(None)
                return self._succeeded(task.run(self.context))
            except Exception as error:
                return _noted(self._failed(error), span)

    async def carry_out(self) -> Event:
        """The whole try; cancelling it cuts its connections."""
        place = self.context.place
        logs.about(task_id=place.task_id, path=place.path, attempt=place.attempt)
        with self._watched() as span:
            return _noted(await self._timed(), span)

    def _watched(self) -> AbstractContextManager[spans.Span]:
        return spans.attempt(self.context.place, self.node.task.type_name)

    async def _timed(self) -> Event:
        self.context.run_other = self.run_other
        try:
            seconds = self._limit()
            return await self._within(seconds.total_seconds())
        except OutOfTime:
            return self._out_of_time(seconds)
        except Exception as error:
            return self._failed(error)
        finally:
            self.context.end()

    async def run_other(self, written: Mapping[str, Any]) -> Mapping[str, Any]:
        """Another task in this one's place: checked, rendered, masked and timed as this one is; gives its outputs."""
        other = replace(self, node=stand_in(self.node, written))
        limit = None if other.node.timeout is None else _read_limit(other.node.timeout)
        try:
            return (await other._within(None if limit is None else limit.total_seconds())).outputs
        except OutOfTime:
            assert limit is not None
            raise TaskFailure(
                f"It took longer than {format_duration(limit)} (its `timeout`) and was stopped."
            ) from None

    async def _within(self, seconds: float | None) -> TaskSucceeded:
        event, reuse = await in_time(self._work(), seconds)
        if reuse is not None:
            await reuse.keep(event.outputs)  # beyond the limit of time: the work is done, and may have been paid for
        return event

    async def _work(self) -> tuple[TaskSucceeded, Reuse | None]:
        """How it ended, and where its outputs are to be kept for later runs."""
        if needs_lookups(self.node.properties):
            task = await answered(
                self.context.http, lambda known: self.call(self._prepared, self.lookups.knowing(known))
            )
        else:
            task = self._prepared(None)
        reuse = reuse_of(self.node, self.run, task, self.context, self.call)
        if reuse is not None and (found := await reuse.found()):
            outputs, cached_from = found
            return replace(self._succeeded(outputs), cached_from=cached_from), None
        return self._succeeded(await self._result_of(task)), reuse

    async def _result_of(self, task: Task) -> Any:
        if self.node.task.isolated:
            return await run_isolated(task, self.context, self.threads)
        if self._is_async or self.node.task.quick:
            result = task.run(self.context)
        else:
            result = await asyncio.get_running_loop().run_in_executor(self.threads, task.run, self.context)
        return await result if inspect.isawaitable(result) else result

    def _prepared(self, lookups: RuntimeLookups | None) -> Task:
        def rendered(value: Any, *, typed: bool = False) -> Any:
            return render(value, self.context.variables, lookups, self.context.clock, typed=typed)

        task = prepare(self.node.task, self.node.properties, rendered)
        self.masker.add(secrets_of(task))
        return task

    def _limit(self) -> timedelta:
        written = self.run.evaluated.get("timeout", self.node.timeout)
        if written is not None:
            return _read_limit(written)
        return timedelta(seconds=self.node.task.default_timeout_seconds or settings.MILLSTREAM["TASK_TIMEOUT_SECONDS"])

    def _succeeded(self, result: Any) -> TaskSucceeded:
        outputs = kept_outputs(dump_outputs(result), self.masker)
        effects = tuple(map(self._masked, self.context.effects))
        return TaskSucceeded(self.context.now(), self.command.path, self.command.attempt, outputs, effects)

    def _masked(self, effect: Effect) -> Effect:
        """Labels are shown in lists and searched, so secrets are masked; variables are encrypted when they are kept."""
        return LabelsAdded(self.masker.value(effect.labels)) if isinstance(effect, LabelsAdded) else effect

    def _out_of_time(self, limit: timedelta) -> Event:
        source = (
            "its `timeout`" if self.node.timeout is not None else "the default time limit; set `timeout` to change it"
        )
        return self._failure(f"It took longer than {format_duration(limit)} ({source}) and was stopped.")

    def _failed(self, error: Exception) -> Event:
        if isinstance(error, TaskFailure):
            return self._failure(error.message, error.retryable, error.outputs)
        if isinstance(error, BuilderError):
            return self._failure(error.message)
        said = resource_failure(error)
        if said is not None:
            return self._failure(said)
        log.exception("Task %s of execution %s failed unexpectedly", self.command.path, self.context.execution_id)
        return self._failure(f"{self.node.task.heading()} failed unexpectedly: {type(error).__name__}: {error}")

    def _failure(self, message: str, retryable: bool = True, outputs: Mapping[str, Any] | None = None) -> Event:
        said = self.masker.text(message)
        self.context.log("ERROR", said)
        try:
            kept = None if outputs is None else kept_outputs(outputs, self.masker)
        except TaskFailure:
            kept = None
        return TaskFailed(self.context.now(), self.command.path, self.command.attempt, said, retryable, kept)


def _noted(event: Event, span: spans.Span) -> Event:
    if isinstance(event, TaskFailed):
        span.fail(event.message)
    return event


def _read_limit(written: Any) -> timedelta:
    try:
        return duration_of(written)
    except BadDuration as error:
        raise TaskFailure(f"timeout: {error}", retryable=False) from error


def kept_outputs(outputs: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """Outputs as JSON values without secrets. Raises TaskFailure when they are too large."""
    plain: dict[str, Any] = masker.value(result_to_json(outputs))
    most = settings.MILLSTREAM["OUTPUT_BYTES"]
    size = len(documents.dump(plain))
    if size > most:
        raise TaskFailure(
            f"The outputs have {size:,} bytes, more than {most:,} (setting MILLSTREAM_OUTPUT_BYTES). Keep less of the "
            "answer, or store it as a file.",
            retryable=False,
        )
    return plain
