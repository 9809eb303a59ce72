"""What a task type is: a pydantic model of its properties with a `run`.

The properties every task has (id, type, retry, timeout, runIf, allowFailure ...) are read here as well, so that one
model is the YAML schema, the form, the reference page and the check.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, Field
from pydantic.alias_generators import to_camel

from builder.flows.catalogue import Kind
from builder.tasks.fields.form import Form
from builder.tasks.fields.properties import Duration, to_kebab, to_snake
from builder.tasks.fields.reuse import TaskCache
from builder.tasks.plugin import Plugin
from builder.tasks.retry import AnyRetry
from builder.tasks.world.context import RunContext

Level = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]
_ID = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"


class Task(Plugin):
    """One task type. Subclasses set `type_name`, fields and `run`; the docstring's first line is its description.

    The vocabulary (how Python names become YAML keys) is the alias generator of the class: camelCase here, which is
    Kestra's; other vocabularies are InstillTask and ToolTask. Unknown keys are refused. The common properties keep
    their names in every vocabulary.
    """

    kind: ClassVar[Kind] = Kind.TASK
    quick: ClassVar[bool] = False
    """Pure and quick: no effect outside the process, so it runs in the same tick and is saved with its end."""
    costs: ClassVar[bool] = False
    """Somebody is paid for a run of it: one that is lost with its worker counts as a call of unknown cost."""
    isolated: ClassVar[bool] = False
    """May block, grow or crash: `run` gets a process of its own, with a limit of memory, that can be killed."""
    default_timeout_seconds: ClassVar[float | None] = None

    id: Annotated[str, Form(group="step")] = Field(max_length=256, pattern=_ID)
    """The step's name in this flow; other steps read its results as {{ outputs.<id> }}."""
    type: Annotated[str, Form(group="step")]
    """What kind of step this is."""
    description: Annotated[str | None, Form("textarea", group="step")] = None
    """A note for people who read the flow."""
    run_if: Annotated[str | None, Form(group="flow", label="Run only if")] = Field(
        None, validation_alias=AliasChoices("runIf", "when"), examples=["{{ inputs.send }}"]
    )
    """An expression; the step is skipped when it gives false, 0 or nothing."""
    disabled: Annotated[bool, Form(group="flow")] = False
    """Leave the step out, as if it were not written."""
    timeout: Annotated[Duration | None, Form(group="failure", label="Time limit")] = Field(None, examples=["PT5M"])
    """The step fails when it takes longer than this."""
    retry: Annotated[AnyRetry | None, Form(group="failure", label="Try again")] = None
    """Whether and when to try again after a failure."""
    allow_failure: Annotated[bool, Form(group="failure", label="Go on after a failure")] = Field(
        False, alias="allowFailure"
    )
    """A failure counts as a warning and the flow goes on."""
    allow_warning: Annotated[bool, Form(group="failure", label="Count a warning as success")] = Field(
        False, alias="allowWarning"
    )
    """A warning counts as success."""
    log_level: Annotated[Level | None, Form(group="failure", label="Least log level")] = Field(None, alias="logLevel")
    """Log lines below this level are not kept."""
    log_to_file: Annotated[bool, Form(group="failure", label="Log to a file")] = Field(False, alias="logToFile")
    """Keep the log as a file of the execution instead of log lines."""
    task_cache: Annotated[TaskCache | None, Form(group="flow", label="Use outputs again")] = Field(
        None, alias="taskCache"
    )
    """Whether outputs of an earlier run with the same properties are taken instead of running the step."""
    worker_group: Annotated[Any, Form("hidden")] = Field(None, alias="workerGroup")
    """Kestra Enterprise: which workers run the task; accepted, without effect here."""
    worker_selector: Annotated[Any, Form("hidden")] = Field(None, alias="workerSelector")
    """Kestra Enterprise: which workers run the task; accepted, without effect here."""
    version: Annotated[Any, Form("hidden")] = None
    """Kestra's plug-in version; accepted, without effect here."""
    assets: Annotated[Any, Form("hidden")] = None
    """Kestra Enterprise: assets read and written; accepted, without effect here."""
    policy_refs: Annotated[Any, Form("hidden")] = Field(None, alias="policyRefs")
    """Kestra Enterprise: policies; accepted, without effect here."""

    common: ClassVar[frozenset[str]] = frozenset()

    def run(self, context: RunContext) -> Any:
        """Does the work and returns the outputs: a pydantic model, a mapping, or None. Raises TaskFailure.

        May be `async` (all that touches the network is), or a plain function: quick tasks run in place, others get
        a thread.
        """
        raise NotImplementedError


Task.common = frozenset(Task.model_fields) - {"id", "type"}


class KestraTask(Task):
    """A task whose properties are camelCase, as Kestra's are."""

    model_config = {"alias_generator": to_camel}


class InstillTask(Task):
    """A task whose own properties are kebab-case, as Instill's are."""

    model_config = {"alias_generator": to_kebab}


class ToolTask(Task):
    """A task whose own properties are snake_case, as tool definitions are."""

    model_config = {"alias_generator": to_snake}
