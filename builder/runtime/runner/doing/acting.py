"""What a block does in the world before its first task and after its last: the answer to a question that acts."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings

from builder.engine.commands import Evaluate
from builder.engine.events import Evaluated, EvaluationFailed, Event
from builder.engine.plan import Node
from builder.errors import BuilderError
from builder.expressions import result_to_json
from builder.runtime.context import Context
from builder.runtime.masking import Masker
from builder.runtime.runner.doing.timed import OutOfTime, in_time
from builder.tasks.flow import FlowTask

log = logging.getLogger(__name__)


async def _act(command: Evaluate, flow: FlowTask, name: str, context: Context) -> Any:
    return await flow.act(name, await context.render(command.template), context)


async def answered(command: Evaluate, node: Node, context: Context, masker: Masker, say: Callable[[str], str]) -> Event:
    """The answer. `say` logs why there is none."""
    assert node.flow is not None
    name = command.name.partition("#")[0]
    try:
        acted = await in_time(_act(command, node.flow, name, context), settings.MILLSTREAM["TASK_TIMEOUT_SECONDS"])
        return Evaluated(context.now(), command.path, command.name, masker.value(result_to_json(acted)))
    except BuilderError as error:
        message = error.message
    except OutOfTime:
        message = "It took longer than tasks may (setting MILLSTREAM_TASK_TIMEOUT_SECONDS)."
    except Exception as error:
        log.exception("Block %s of execution %s failed unexpectedly", command.path, context.execution_id)
        message = f"{node.task.heading()} failed unexpectedly: {type(error).__name__}: {error}"
    finally:
        context.end()
    return EvaluationFailed(context.now(), command.path, command.name, say(message))
