"""An execution as its rows keep it: without secrets, and with large outputs in files."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from builder.engine.execution import Execution
from builder.runtime.masking import Masker
from builder.runtime.runner.keeping import shelf
from builder.store.encryption import sealed_text, sealed_where

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 5.0

log = logging.getLogger(__name__)


async def as_kept(execution: Execution, changed: Collection[str], masker: Masker) -> Execution:
    """Only the runs at the paths `changed` matter, the others are not written. What is in memory stays as it is."""
    shown = _masked(execution, changed, masker) if masker.longest else execution
    heavy = {path: run for path in changed if (run := shown.runs.get(path)) and shelf.is_heavy(run.outputs)}
    if not heavy:
        return shown
    runs = dict(shown.runs)
    for path, run in heavy.items():
        runs[path] = replace(run, outputs=await _shelved(execution.id, run.outputs or {}))
    return replace(shown, runs=runs)


async def _shelved(execution_id: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Waits as long as the folder of files cannot be written: what is in memory is all there is of these outputs."""
    wait = _FIRST_WAIT_SECONDS
    while True:
        try:
            return await asyncio.to_thread(shelf.shelved, execution_id, outputs)
        except OSError as error:
            log.warning("Outputs of execution %s cannot be kept (%s); trying again.", execution_id, error.strerror)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)


def _masked(execution: Execution, changed: Collection[str], masker: Masker) -> Execution:
    """Tasks masked their own results already, blocks did not; what is needed again is encrypted instead."""
    runs = dict(execution.runs)
    for path in changed:
        if path in runs:
            run = runs[path]
            runs[path] = replace(
                run, outputs=masker.value(run.outputs), message=masker.text(run.message),
                evaluated=sealed_where(run.evaluated, masker.holds),
                value=sealed_text(run.value) if run.value is not None and masker.holds(run.value) else run.value,
            )  # fmt: skip
    return replace(
        execution, runs=runs, message=masker.text(execution.message), notes=masker.value(execution.notes),
        variables=sealed_where(execution.variables, masker.holds),
    )  # fmt: skip
