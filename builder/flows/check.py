"""Checking a flow's text: everything that is wrong with it, each with its place, and the flow when nothing is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from builder.errors import InvalidFlow, Problem, Severity
from builder.flows.catalogue import Catalogue
from builder.flows.checks.circles import check_circles
from builder.flows.checks.defaults import with_defaults
from builder.flows.checks.findings import Findings, kind_of
from builder.flows.checks.head import check_head
from builder.flows.checks.inputs import check_inputs, check_outputs
from builder.flows.checks.references import check_references
from builder.flows.checks.tasks import check_tasks
from builder.flows.checks.texts import check_texts
from builder.flows.checks.triggers import check_triggers
from builder.flows.dialects.compat import NEWEST, Compat
from builder.flows.document import Document, parse
from builder.flows.limits import DEFAULT, Limits
from builder.flows.model import Flow
from builder.flows.read import read_flow


class World(Protocol):
    """What a check asks about things outside the text."""

    def flow_exists(self, namespace: str, id: str) -> bool:
        """Whether a flow is there to be called."""
        ...

    def flow_triggers(self) -> Iterable[tuple[tuple[str, str], Mapping[str, Any]]]:
        """The flow triggers that are on, each with its flow's namespace and id."""
        ...

    def flow_map(self, namespace: str, id: str) -> Mapping[str, Any] | None:
        """What a flow says; None where there is none."""
        ...

    def plugin_defaults(self) -> Sequence[Mapping[str, Any]]:
        """The plugin defaults that hold for every flow: maps of type, values and forced."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """`flow` is None when any problem is an error; `problems` are in the order of the text."""

    flow: Flow | None
    document: Document
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def valid_flow(self) -> Flow:
        """The flow. Raises InvalidFlow with all errors when there is none."""
        if self.flow is None:
            raise InvalidFlow(self.errors)
        return self.flow


def check(
    text: str,
    catalogue: Catalogue,
    *,
    world: World | None = None,
    limits: Limits = DEFAULT,
    compat: Compat = NEWEST,
) -> Checked:
    """Everything wrong with a flow's text; never raises for a bad one. `compat` holds where the flow names none."""
    document = parse(text, limits)
    findings = Findings(document, limits.problems)
    flow = document.data
    if isinstance(flow, Mapping):
        merged = with_plugin_defaults(flow, catalogue, world)
        check_head(findings, flow)
        check_inputs(findings, ("inputs",), flow.get("inputs"))
        check_outputs(findings, flow.get("outputs"))
        task_ids = check_tasks(findings, merged, catalogue, world)
        check_triggers(findings, merged, catalogue)
        check_texts(findings, flow)
        check_references(findings, flow, task_ids)
        if world and not findings.has_errors:
            check_circles(findings, merged, catalogue, world)
    elif not document.problems:
        _no_map(findings, flow)
    problems = tuple(findings.problems())
    wrong = any(problem.severity is Severity.ERROR for problem in problems)
    return Checked(None if wrong else read_flow(merged, compat), document, problems)


def with_plugin_defaults(
    flow: Mapping[str, Any], catalogue: Catalogue, world: World | None = None
) -> Mapping[str, Any]:
    """The flow with its plugin defaults, and those that hold everywhere, laid into its maps."""
    return with_defaults(flow, world.plugin_defaults() if world else (), lambda name: _canonical(catalogue, name))


def _no_map(findings: Findings, value: Any) -> None:
    if value is None:
        findings.error((), "the flow is empty: id, namespace and tasks are needed")
    else:
        findings.error((), f"a flow is a mapping (id:, namespace:, tasks:), not {kind_of(value)}")


def _canonical(catalogue: Catalogue, name: str) -> str:
    found = catalogue.find(name)
    return found.name if found else name
